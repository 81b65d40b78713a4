// A newcomer in a real browser: from the explorer to a first deposit, with mouse and keyboard only until logged in.
// Prints, as JSON, what was seen and how long each part took. The judge is test_newcomer.py.
import { createRequire } from 'node:module';

const packages = new URL('../../frontend_contract/graphiql/package.json', import.meta.url);
const { chromium } = createRequire(packages)('playwright-core');

const { BASE_URL, CHROMIUM, EMAIL, SIRET, COMPANY, NAME, PASSWORD, INVOICE } = process.env;
const seen = { errors: [], violations: [], seconds: {} };

const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
const context = await browser.newContext({ locale: 'fr-FR' });
context.setDefaultTimeout(90_000);
await context.exposeFunction('tellViolation', (what) => seen.violations.push(what));
await context.addInitScript(() => {
  document.addEventListener('securitypolicyviolation', (event) =>
    window.tellViolation(`${event.violatedDirective} ${event.blockedURI}`),
  );
});
context.on('weberror', (error) => seen.errors.push(String(error.error())));
let doing = 'start';
let since = performance.now();

function begin(what) {
  if (doing !== 'start') seen.seconds[doing] = Number(((performance.now() - since) / 1000).toFixed(2));
  doing = what;
  since = performance.now();
}

try {
  const page = await context.newPage();
  begin('sign up');
  await page.goto(`${BASE_URL}/graphiql`);
  await page.getByRole('button', { name: 'Se connecter' }).click();
  await page.getByRole('link', { name: /Créer un compte/ }).click();
  await page.getByLabel(/Adresse électronique/).fill(EMAIL);
  await page.getByLabel(/Numéro de SIRET, 14 chiffres/).fill(SIRET);
  await page.getByRole('button', { name: /Recevoir le lien/ }).click();
  await page.getByRole('heading', { name: /Consultez votre messagerie/ }).waitFor();

  begin('activate');
  await page.getByRole('link', { name: /Bac à sable/ }).click();
  await page.locator('article', { hasText: EMAIL }).first().locator('a[href*="/oauth/activate"]').click();
  await page.getByLabel(/Prénom et nom/).fill(NAME);
  await page.getByLabel(/Raison sociale/).fill(COMPANY);
  await page.locator('#password').fill(PASSWORD);
  await page.locator('#strength').waitFor();
  await page.waitForFunction(() => document.querySelector('#strength-words').textContent.trim() !== '');
  seen.strength = await page.locator('#strength-words').textContent();
  await page.locator('#password-again').fill(PASSWORD);
  await page.getByRole('button', { name: /Activer mon compte/ }).click();

  begin('accept the terms');
  await page.locator('input[name="agreed"]').check();
  await page.getByRole('button', { name: /Accepter/ }).click();
  await page.getByRole('button', { name: 'Se déconnecter' }).waitFor();
  seen.where = page.url();
  seen.who = await page.locator('.bdr-who').textContent();
  seen.kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));

  begin('sign the mandate');
  seen.viewer = await ask(page, '{ viewer { name memberships { structure { id name status } } } }');
  const structureId = seen.viewer.data.viewer.memberships[0].structure.id;
  const { mandateText } = (await ask(page, '{ mandateText { version sha256 } }')).data;
  seen.mandate = await ask(
    page,
    `mutation ($input: MandateSignInput!) {
      mandateSign(input: $input) { mandate { isInForce } userErrors { rule message } }
    }`,
    { structureId, version: mandateText.version, textSha256: mandateText.sha256, idempotencyKey: 'newcomer-mandate' },
  );

  begin('deposit');
  seen.deposit = await ask(
    page,
    `mutation ($input: InvoiceSubmitInput!) {
      invoiceSubmit(input: $input) { invoice { number status receiptNumber } userErrors { rule path message } }
    }`,
    { idempotencyKey: 'newcomer-deposit', invoice: { ...JSON.parse(INVOICE), supplierId: structureId } },
  );
  begin('end');
} catch (problem) {
  seen.errors.push(`${doing}: ${problem}`);
} finally {
  await browser.close();
}
console.log(JSON.stringify(seen));

// What a single-page application does: no token in its scripts, the cookie of the log-in goes along.
function ask(page, query, input) {
  return page.evaluate(
    async ([text, variables]) => {
      const answer = await fetch('/graphql', {
        method: 'POST',
        credentials: 'include',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ query: text, variables }),
      });
      return answer.json();
    },
    [query, input && { input }],
  );
}
