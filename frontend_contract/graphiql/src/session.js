// Who is logged in. Authorization code with PKCE; tokens live in this module's memory and nowhere else.
import { createStore } from './store.js';
import { words } from './words.js';

const PENDING = 'bordereau:log-in';
const ASK_AGAIN = 'bordereau:ask-again';
const REFRESH_BEFORE_SECONDS = 30;

export const session = createStore({ status: 'anonymous', who: '', problem: '' });

let tokens = null;
let refreshTimer;

export const bearer = () => (tokens ? `Bearer ${tokens.access_token}` : '');

const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));
const here = () => location.origin + location.pathname;
const anonymous = (problem = '') => session.set({ status: 'anonymous', who: '', problem });

export async function logIn(config) {
  if (!crypto.subtle) return anonymous(words().needsSecure);
  // The redirect address is registered for the public address only: move there first.
  const home = new URL(config.redirectUri);
  if (home.origin !== location.origin) return location.assign(`${home.href}?log-in`);
  const pending = { state: random(), verifier: random() };
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(pending.verifier));
  // What waits here while the browser is away is no token: it is worth nothing once used.
  sessionStorage.setItem(PENDING, JSON.stringify(pending));
  session.set({ ...session.get(), status: 'busy' });
  const question = new URLSearchParams({
    response_type: 'code',
    client_id: config.clientId,
    redirect_uri: config.redirectUri,
    scope: config.scopes.join(' '),
    state: pending.state,
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: 'S256',
  });
  // Whoever logged out may want to come back as somebody else.
  if (sessionStorage.getItem(ASK_AGAIN)) question.set('prompt', 'login');
  return location.assign(`${config.authorizeUrl}?${question}`);
}

// Called once when the page opens: finishes a log-in that the browser is coming back from.
export async function resume(config, whoIs) {
  const answer = new URLSearchParams(location.search);
  const pending = JSON.parse(sessionStorage.getItem(PENDING) ?? 'null');
  sessionStorage.removeItem(PENDING);
  if (location.search) history.replaceState(null, '', here());
  if (answer.has('log-in')) return logIn(config);
  if (!answer.has('state')) return undefined;
  if (answer.get('state') !== pending?.state) return anonymous(words().refused);
  if (answer.has('error')) return anonymous(refusal(Object.fromEntries(answer)));
  session.set({ status: 'busy', who: '', problem: '' });
  const granted = await ask(config, {
    grant_type: 'authorization_code',
    code: answer.get('code'),
    redirect_uri: config.redirectUri,
    code_verifier: pending.verifier,
  });
  if (!granted) return undefined;
  sessionStorage.removeItem(ASK_AGAIN);
  const who = await whoIs();
  return session.set({ status: 'known', who, problem: '' });
}

export async function logOut(config) {
  const token = tokens?.refresh_token ?? tokens?.access_token;
  forget();
  anonymous();
  sessionStorage.setItem(ASK_AGAIN, 'yes');
  if (!token || !config.revokeUrl) return;
  await post(config.revokeUrl, { token, client_id: config.clientId }).catch(() => undefined);
}

async function ask(config, question) {
  try {
    const answer = await post(config.tokenUrl, { ...question, client_id: config.clientId });
    const said = await answer.json();
    if (!answer.ok) throw new Error(refusal(said));
    keep(config, said);
    return true;
  } catch (problem) {
    forget();
    anonymous(problem instanceof TypeError ? words().unreachable : problem.message);
    return false;
  }
}

function keep(config, granted) {
  tokens = granted;
  clearTimeout(refreshTimer);
  if (!granted.expires_in) return;
  const wait = Math.max(granted.expires_in - REFRESH_BEFORE_SECONDS, 1);
  refreshTimer = setTimeout(() => renew(config), wait * 1000);
}

async function renew(config) {
  const token = tokens?.refresh_token;
  if (token && (await ask(config, { grant_type: 'refresh_token', refresh_token: token }))) return;
  forget();
  anonymous(words().expired);
}

function forget() {
  clearTimeout(refreshTimer);
  tokens = null;
}

const post = (url, form) =>
  fetch(url, { method: 'POST', body: new URLSearchParams(form), credentials: 'omit' });

const refusal = ({ error, error_description: why }) =>
  `${words().refused}${error ? ` (${[error, why].filter(Boolean).join(': ')})` : ''}`;
