// A new person in a real browser, from an application's "create an account" to its return address,
// with and without scripts; printed as JSON. The judge is test_browser.py.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const packages = new URL('../../frontend_contract/graphiql/package.json', import.meta.url);
const { chromium } = createRequire(packages)('playwright-core');

const { PORTAL, APP, CLIENT, CHALLENGE, SIRETS, CHROMIUM } = process.env;
const WEAK = 'azertyuiop123';
const GOOD = 'lavande tournesol brouette';

const application = createServer((_, answer) => {
  answer.setHeader('content-type', 'text/html');
  answer.end('<!doctype html><title>Application</title>');
});
application.listen(Number(new URL(APP).port));
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
const seen = {};

try {
  const [one, two] = SIRETS.split(' ');
  seen.scripted = await signUp('script@example.test', one, true);
  seen.plain = await signUp('plain@example.test', two, false);
} catch (problem) {
  seen.problem = String(problem.stack ?? problem);
} finally {
  await browser.close();
  application.close();
}
console.log(JSON.stringify(seen));

async function signUp(email, siret, javaScriptEnabled) {
  const told = { complaints: [] };
  const context = await browser.newContext({ locale: 'fr-FR', javaScriptEnabled });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error') told.complaints.push(message.text());
  });
  const asked = new URLSearchParams({
    response_type: 'code',
    client_id: CLIENT,
    redirect_uri: `${APP}/callback`,
    state: 'a state',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    prompt: 'create',
  });
  await page.goto(`${PORTAL}/oauth/authorize?${asked}`);
  told.first = new URL(page.url()).pathname;
  await page.getByLabel('Adresse électronique').fill(email);
  await page.getByLabel('Numéro de SIRET').fill(siret);
  await page.getByText('Je n’ai pas de numéro de SIRET').click();
  told.types = await page.locator('select[name=identifier_type] option').count();
  await page.getByRole('button', { name: 'Recevoir le lien' }).click();
  await page.getByRole('link', { name: 'voir les messages' }).click();
  await page.locator('article', { hasText: email }).getByRole('link').first().click();

  told.link = new URL(page.url()).pathname;
  await page.getByLabel('Prénom et nom').fill('Nadia Nouvelle');
  await page.getByLabel('Raison sociale').fill('Atelier Nouvelle');
  const password = page.locator('#password');
  await password.pressSequentially(WEAK);
  if (javaScriptEnabled) told.weak = await strength(page, 'Faible.');
  await page.locator('#password-again').fill(WEAK);
  await page.getByRole('button', { name: 'Activer mon compte' }).click();
  told.refused = await page.getByRole('alert').innerText();
  await password.fill(GOOD);
  if (javaScriptEnabled) told.good = await strength(page, 'Très bon.');
  await page.locator('#password-again').fill(GOOD);
  await page.getByRole('button', { name: 'Activer mon compte' }).click();
  await page.getByLabel('J’ai lu ces conditions').check();
  await page.getByRole('button', { name: 'Accepter' }).click();
  await page.waitForURL(`${APP}/callback?**`);
  told.back = Object.fromEntries(new URL(page.url()).searchParams);
  await context.close();
  return told;
}

// What the meter shows once it says what is waited for.
async function strength(page, words) {
  const shown = page.locator('#strength-words', { hasText: words });
  await shown.waitFor({ state: 'visible' });
  return { words: await shown.innerText(), value: await page.locator('#strength-meter').evaluate((m) => m.value) };
}
