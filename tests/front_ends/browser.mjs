// A person's browser with pages of four origins open, printed as JSON. The judge is test_browser.py.
//   own:     a page of the portal itself
//   app:     an application of ALLOWED_ORIGINS, which holds no token
//   sibling: another port of the same host, so that the browser sends the cookie, but not allowed
//   foreign: another site altogether
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const packages = new URL('../../frontend_contract/graphiql/package.json', import.meta.url);
const require = createRequire(packages);
const { chromium } = require('playwright-core');
const CLIENT = fileURLToPath(new URL('node_modules/graphql-ws/umd/graphql-ws.js', packages));

const { PORTAL, APP, SIBLING, FOREIGN, EMAIL, PASSWORD, STRUCTURE, CHROMIUM } = process.env;
const GRAPHQL = `${PORTAL}/graphql`;
const SOCKET = GRAPHQL.replace('http', 'ws');
const WHO = '{ viewer { name } }';
const STREAM = 'subscription { eventStream(heartbeatSeconds: 1) { __typename } }';
const OPEN_SERVICE =
  'mutation ($input: ServiceCreateInput!) { serviceCreate(input: $input) { service { code } userErrors { message } } }';

const servers = [APP, SIBLING, FOREIGN].map(blankPages);
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
const seen = {};

try {
  const app = await context.newPage();
  await app.goto(`${APP}/factures?page=2#ligne`);
  await app.addScriptTag({ path: CLIENT });
  seen.before = { session: (await session(app)).session, who: await ask(app, WHO) };

  seen.cameBackTo = await loggedIn(app);
  await app.addScriptTag({ path: CLIENT });
  seen.session = await session(app);
  seen.app = await everyWay(app, 'NAVIGATEUR-1');
  seen.library = await byLibrary(app);
  seen.kept = await app.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));

  const own = await context.newPage();
  await own.goto(`${PORTAL}/oauth/login`);
  seen.ownScript = await own.evaluate(() => document.scripts.length);
  const explorer = await context.newPage();
  await explorer.goto(`${PORTAL}/graphiql`);
  seen.own = await everyWay(explorer, 'NAVIGATEUR-2');

  for (const [name, origin] of Object.entries({ sibling: SIBLING, foreign: FOREIGN })) {
    const page = await context.newPage();
    await page.goto(`${origin}/`);
    seen[name] = { ...(await everyWay(page, `ATTAQUE-${name}`)), ...(await forged(page)) };
  }
  seen.afterAttacks = (await session(app)).session?.account.email;

  seen.ended = await logOutWhileListening(app);
  seen.after = { session: (await session(app)).session, who: await ask(app, WHO) };
} catch (problem) {
  seen.problem = String(problem?.stack ?? problem);
} finally {
  await browser.close();
  servers.forEach((server) => server.close());
}
console.log(JSON.stringify(seen));

function blankPages(origin) {
  const { hostname, port } = new URL(origin);
  const page = '<!doctype html><meta charset="utf-8"><title>Application</title><p id="here">ici</p>';
  const server = createServer((_, answer) => answer.setHeader('content-type', 'text/html').end(page));
  return server.listen(Number(port), hostname);
}

async function loggedIn(page) {
  await page.evaluate((portal) => {
    location.assign(`${portal}/oauth/login?return_to=${encodeURIComponent(location.href)}`);
  }, PORTAL);
  await page.locator('input[type=email]').fill(EMAIL);
  await page.locator('input[type=password]').fill(PASSWORD);
  await page.locator('input[type=password]').press('Enter');
  await page.locator('#here').waitFor();
  return page.url();
}

function session(page) {
  return page.evaluate(async (portal) => {
    const answer = await fetch(`${portal}/oauth/session`, { credentials: 'include' });
    return answer.json();
  }, PORTAL);
}

// What a script gets, or the name of what it met.
function ask(page, query, variables = {}) {
  return page.evaluate(
    async ([url, body]) => {
      try {
        const answer = await fetch(url, {
          method: 'POST',
          credentials: 'include',
          headers: { 'Content-Type': 'application/json' },
          body,
        });
        return await answer.json();
      } catch (problem) {
        return problem.name;
      }
    },
    [GRAPHQL, JSON.stringify({ query, variables })],
  );
}

async function everyWay(page, code) {
  const input = { structureId: STRUCTURE, code, name: 'Voirie', idempotencyKey: code };
  return {
    post: await ask(page, WHO),
    mutation: await ask(page, OPEN_SERVICE, { input }),
    get: await byGet(page),
    events: await byEvents(page),
    socket: await bySocket(page),
  };
}

function byGet(page) {
  return page.evaluate(
    async ([url, query]) => {
      try {
        const answer = await fetch(`${url}?query=${encodeURIComponent(query)}`, { credentials: 'include' });
        return await answer.json();
      } catch (problem) {
        return problem.name;
      }
    },
    [GRAPHQL, WHO],
  );
}

function byEvents(page) {
  return page.evaluate(
    ([url, query]) =>
      new Promise((tell) => {
        const source = new EventSource(`${url}?query=${encodeURIComponent(query)}`, { withCredentials: true });
        const end = (told) => {
          source.close();
          tell(told);
        };
        source.addEventListener('next', ({ data }) => end(JSON.parse(data)));
        source.onerror = () => end('error');
      }),
    [GRAPHQL, STREAM],
  );
}

function bySocket(page) {
  return page.evaluate(
    ([url, query]) =>
      new Promise((tell) => {
        const socket = new WebSocket(url, 'graphql-transport-ws');
        const say = (message) => socket.send(JSON.stringify(message));
        socket.onopen = () => say({ type: 'connection_init' });
        socket.onclose = ({ code }) => tell(`closed ${code}`);
        socket.onmessage = ({ data }) => {
          const message = JSON.parse(data);
          if (message.type === 'connection_ack') say({ id: '1', type: 'subscribe', payload: { query } });
          if (message.type === 'next') {
            tell(message.payload);
            socket.close();
          }
        };
      }),
    [SOCKET, WHO],
  );
}

// The library graphql-ws as its documentation uses it, without connectionParams.
function byLibrary(page) {
  return page.evaluate(
    async ([url, query]) => {
      const client = graphqlWs.createClient({ url });
      for await (const answer of client.iterate({ query })) {
        client.dispose();
        return answer;
      }
    },
    [SOCKET, STREAM],
  );
}

// What a page of an attacker sends without asking, and what it tries to show.
async function forged(page) {
  const input = { structureId: STRUCTURE, code: 'ATTAQUE-X', name: 'Voirie', idempotencyKey: 'ATTAQUE-X' };
  const body = JSON.stringify({ query: OPEN_SERVICE, variables: { input } });
  const simple = await page.evaluate(
    async ([url, portal, text, query]) => {
      const quietly = { method: 'POST', mode: 'no-cors', credentials: 'include' };
      const send = (where, body) =>
        fetch(where, { ...quietly, body }).then(
          ({ type }) => type,
          ({ name }) => name,
        );
      const sent = [
        await send(url, text),
        await send(url, new URLSearchParams({ query: text })),
        await send(`${portal}/oauth/logout`, '{}'),
        await send(`${portal}/oauth/logout`, new URLSearchParams({ form_token: '0' })),
      ];
      navigator.sendBeacon(url, new Blob([text], { type: 'text/plain' }));
      const picture = new Image();
      const shown = new Promise((tell) => {
        picture.onload = () => tell(true);
        picture.onerror = () => tell(false);
      });
      picture.src = `${url}?query=${encodeURIComponent(query)}`;
      return { sent, picture: await shown };
    },
    [GRAPHQL, PORTAL, body, OPEN_SERVICE],
  );
  const logOut = await page.evaluate(async (portal) => {
    try {
      const json = { 'Content-Type': 'application/json' };
      const how = { method: 'POST', credentials: 'include', headers: json, body: '{}' };
      return (await fetch(`${portal}/oauth/logout`, how)).status;
    } catch (problem) {
      return problem.name;
    }
  }, PORTAL);
  const read = await page.evaluate(async (portal) => {
    try {
      return await (await fetch(`${portal}/oauth/session`, { credentials: 'include' })).json();
    } catch (problem) {
      return problem.name;
    }
  }, PORTAL);
  return { simple, logOut, read, framed: await framed(page), form: await byForm(page, body) };
}

// A form with enctype text/plain writes NAME=VALUE: JSON, if the equals sign falls into a string.
async function byForm(page, body) {
  const cut = body.lastIndexOf('}');
  await Promise.all([
    page.waitForResponse((answer) => answer.url().startsWith(GRAPHQL) && answer.request().method() === 'POST'),
    page.evaluate(
      ([url, name, value]) => {
        const form = document.createElement('form');
        Object.assign(form, { method: 'post', action: url, enctype: 'text/plain' });
        form.append(Object.assign(document.createElement('input'), { name, value, type: 'hidden' }));
        document.body.append(form);
        form.submit();
      },
      [GRAPHQL, `${body.slice(0, cut)},"x":"`, '"}'],
    ),
  ]).then(async ([answer]) => {
    byForm.status = answer.status();
  });
  return byForm.status;
}

async function framed(page) {
  await page.evaluate((portal) => {
    const frame = Object.assign(document.createElement('iframe'), { src: `${portal}/oauth/login` });
    return new Promise((tell) => {
      frame.onload = tell;
      document.body.append(frame);
    });
  }, PORTAL);
  const inside = page.frames().find((frame) => frame !== page.mainFrame());
  return (await inside.locator('input[type=password]').count()) > 0;
}

// Two streams are open when the page logs out: what each is told.
async function logOutWhileListening(page) {
  return page.evaluate(
    async ([url, socketUrl, portal, query]) => {
      const socket = new WebSocket(socketUrl, 'graphql-transport-ws');
      const closed = new Promise((tell) => {
        socket.onclose = ({ code, reason }) => tell([code, reason]);
      });
      await new Promise((tell) => {
        socket.onopen = () => socket.send(JSON.stringify({ type: 'connection_init' }));
        socket.onmessage = ({ data }) => JSON.parse(data).type === 'connection_ack' && tell();
      });
      const source = new EventSource(`${url}?query=${encodeURIComponent(query)}`, { withCredentials: true });
      const refused = new Promise((tell) => {
        source.addEventListener('next', ({ data }) => {
          const { errors } = JSON.parse(data);
          if (errors) tell(errors[0].extensions.code);
        });
      });
      await new Promise((tell) => {
        source.addEventListener('next', tell, { once: true });
      });
      const json = { 'Content-Type': 'application/json' };
      const how = { method: 'POST', credentials: 'include', headers: json, body: '{}' };
      const { status } = await fetch(`${portal}/oauth/logout`, how);
      const told = { status, closed: await closed, refused: await refused };
      source.close();
      return told;
    },
    [GRAPHQL, SOCKET, PORTAL, STREAM],
  );
}
