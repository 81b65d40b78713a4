// A person with a passkey in a real browser, printed as JSON. The judge is test_keys.py.
import { createRequire } from 'node:module';

const packages = new URL('../../frontend_contract/graphiql/package.json', import.meta.url);
const { chromium } = createRequire(packages)('playwright-core');

const { PORTAL, EMAIL, PASSWORD, CHROMIUM } = process.env;
const ACCOUNT = `${PORTAL}/oauth/account`;
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
context.setDefaultTimeout(60_000);
await context.exposeFunction('tellViolation', (what) => seen.violations.push(what));
await context.addInitScript(() => {
  document.addEventListener('securitypolicyviolation', (event) =>
    window.tellViolation(`${event.violatedDirective} ${event.blockedURI}`),
  );
});
context.on('request', (request) => {
  if (!request.url().startsWith(`${PORTAL}/`)) seen.foreign.push(request.url());
});
context.on('weberror', (error) => seen.errors.push(String(error.error())));

try {
  const page = await context.newPage();
  const devices = await context.newCDPSession(page);
  await devices.send('WebAuthn.enable');
  const { authenticatorId } = await devices.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });

  // Added by the keyboard alone.
  await page.goto(ACCOUNT);
  await withPassword(page);
  await page.getByRole('link', { name: /^Clé de sécurité/ }).press('Enter');
  await page.locator('form[data-ready]').waitFor();
  await page.getByLabel(/^Nom/).fill('Cet ordinateur');
  await page.keyboard.press('Enter');
  await page.locator('.codes li').first().waitFor();
  seen.codes = await page.locator('.codes li').allTextContents();
  await page.getByRole('link', { name: /continuer/ }).press('Enter');
  await page.getByRole('heading', { name: /Sécurité du compte/ }).waitFor();
  seen.factors = await page.locator('ul[aria-labelledby=factors] strong').allTextContents();
  const { credentials } = await devices.send('WebAuthn.getCredentials', { authenticatorId });
  seen.credentials = credentials.map(({ rpId, isResidentCredential }) => ({ rpId, isResidentCredential }));

  // Alone: no address, no password.
  await loggedOut(page);
  await page.goto(ACCOUNT);
  seen.loginScripts = await page.evaluate(() => document.scripts.length);
  await page.getByRole('link', { name: /clé d’accès/ }).press('Enter');
  await page.locator('form[data-ready] button:focus').press('Enter');
  await page.getByRole('heading', { name: /Sécurité du compte/ }).waitFor();
  seen.alone = await methods();

  // As the second proof.
  await loggedOut(page);
  await page.goto(ACCOUNT);
  await withPassword(page);
  await page.getByRole('heading', { name: /Seconde étape/ }).waitFor();
  await page.locator('form[data-ready] button:focus').press('Enter');
  await page.getByRole('heading', { name: /Sécurité du compte/ }).waitFor();
  seen.second = await methods();

  // A key that refuses: the page says so, keeps the focus, and works the next time.
  await loggedOut(page);
  await devices.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
  await page.goto(`${PORTAL}/oauth/passkey`);
  seen.alertBefore = await page.getByRole('alert').count();
  await page.locator('form[data-ready] button:focus').press('Enter');
  await page.getByRole('alert').waitFor();
  seen.alert = await page.getByRole('alert').textContent();
  await page.locator('form[data-ready] button:focus').waitFor();
  await devices.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true });
  await page.keyboard.press('Enter');
  await page.getByText('Vous êtes connecté.').waitFor();
  seen.again = await methods();

  // Another way is always there, and needs no script.
  const plain = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
  await plain.goto(`${PORTAL}/oauth/passkey`);
  seen.withoutScript = await plain.locator('noscript').textContent();
} catch (problem) {
  seen.errors.push(String(problem?.stack ?? problem));
} finally {
  await browser.close();
}
console.log(JSON.stringify(seen));

async function withPassword(page) {
  await page.getByLabel(/^Adresse électronique/).fill(EMAIL);
  await page.getByLabel(/^Mot de passe/).fill(PASSWORD);
  await page.keyboard.press('Enter');
}

async function loggedOut(page) {
  await page.goto(`${PORTAL}/oauth/logout`);
  await page.getByRole('button', { name: /Se déconnecter/ }).press('Enter');
  await page.getByText('Vous êtes déconnecté.').waitFor();
}

// Our pages forbid themselves to fetch: asked beside them, with the same cookies.
async function methods() {
  const answer = await context.request.get(`${PORTAL}/oauth/session`, { headers: { origin: PORTAL } });
  return (await answer.json()).session.methods;
}
