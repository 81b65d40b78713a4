// Drives the explorer in a real browser and prints, as JSON, what was seen. The judge is test_browser.py.
import { createRequire } from 'node:module';

const packages = new URL('../../frontend_contract/graphiql/package.json', import.meta.url);
const { chromium } = createRequire(packages)('playwright-core');

const { BASE_URL, EMAIL, PASSWORD, CHROMIUM } = process.env;
const { examples } = await (await fetch(`${BASE_URL}/graphiql/config.json`)).json();
const documents = new Map(examples.map(({ name, document }) => [name, document]));
const seen = { foreign: [], violations: [], errors: [] };

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
// Nothing is measured here: a machine that is busy with other tests takes its time.
context.setDefaultTimeout(90_000);
let doing = 'open';
await context.exposeFunction('tellViolation', (what) => seen.violations.push(what));
await context.addInitScript(() => {
  document.addEventListener('securitypolicyviolation', (event) =>
    window.tellViolation(`${event.violatedDirective} ${event.blockedURI}`),
  );
});
context.on('request', (request) => {
  if (!request.url().startsWith(`${BASE_URL}/`)) seen.foreign.push(request.url());
});
context.on('weberror', (error) => seen.errors.push(String(error.error())));

try {
  const page = await opened();
  seen.examples = await page.locator('[data-example]').count();
  seen.schema = await documented(page);

  await loggedIn(page);
  seen.who = await page.locator('.bdr-who').textContent();
  seen.kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));

  await run(page, 'supplier_1_find_recipient');
  await answered(page, '"structures"');
  seen.answer = await answer(page);
  await page.locator('.graphiql-query-editor textarea').focus();
  await page.keyboard.press('Tab');
  seen.focus = await page.evaluate(() => document.activeElement.getAttribute('aria-label'));
  seen.price = await page.locator('.bdr-price').textContent();

  await run(page, 'supplier_6_follow_stream');
  await answered(page, 'StreamReady');
  const other = await opened();
  await loggedIn(other);
  await run(other, 'supplier_3_submit');
  await answered(other, '"invoiceSubmit"');
  seen.deposit = await answer(other);
  await answered(page, 'InvoiceSubmitted');
  seen.stream = await answer(page);

  await page.getByRole('button', { name: 'EN', exact: true }).click();
  await page.getByRole('button', { name: 'Open settings dialog' }).click();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByRole('button', { name: 'Log in' }).waitFor();
  seen.afterLogOut = await page.locator('.bdr-who').textContent();
} catch (problem) {
  seen.errors.push(`${doing}: ${problem}`);
} finally {
  await browser.close();
}
console.log(JSON.stringify(seen));

async function opened() {
  const page = await context.newPage();
  await page.goto(`${BASE_URL}/graphiql`);
  await page.locator('.bdr-examples').waitFor();
  return page;
}

async function documented(page) {
  await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
  await page.locator('.graphiql-doc-explorer', { hasText: 'Query' }).waitFor();
  const text = await page.locator('.graphiql-doc-explorer').textContent();
  await page.getByRole('button', { name: 'Show Examples' }).click();
  return text.includes('Mutation') && text.includes('Subscription');
}

async function loggedIn(page) {
  await page.getByRole('button', { name: 'Se connecter' }).click();
  const known = page.getByRole('button', { name: 'Se déconnecter' });
  const password = page.locator('input[type=password]');
  await known.or(password).waitFor();
  if (await password.isVisible()) {
    await page.locator('input[type=email]').fill(EMAIL);
    await password.fill(PASSWORD);
    await password.press('Enter');
  }
  await known.waitFor();
}

// The example must be in the editor, and the editor focused: a new tab shows the welcome for a moment,
// and a page that has just opened may put its kept tabs back over what was chosen. Then one clicks again.
async function run(page, example) {
  doing = `choose ${example}`;
  const isThere = () =>
    page.waitForFunction(
      (text) => {
        const editor = document.querySelector('.graphiql-query-editor .CodeMirror')?.CodeMirror;
        return editor?.getValue() === text && editor.hasFocus();
      },
      documents.get(example),
      { timeout: 10_000 },
    );
  for (let tries = 1; ; tries += 1) {
    await page.locator(`[data-example="${example}"]`).click();
    try {
      await isThere();
      break;
    } catch (problem) {
      if (tries === 6) throw problem;
    }
  }
  await page.keyboard.press('Control+Enter');
}

function answered(page, text) {
  doing = `wait for ${text}`;
  return page.waitForFunction(
    (awaited) => document.querySelector('.result-window .CodeMirror').CodeMirror.getValue().includes(awaited),
    text,
  );
}

function answer(page) {
  return page.evaluate(() => document.querySelector('.result-window .CodeMirror').CodeMirror.getValue());
}
