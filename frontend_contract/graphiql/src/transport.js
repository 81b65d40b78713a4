// How operations reach the server: HTTP for queries and mutations, WebSocket for subscriptions.
import { Kind, parse } from 'graphql';
import { createClient } from 'graphql-ws';
import { bearer } from './session.js';
import { createStore } from './store.js';
import { spokenLanguage, words } from './words.js';

const SHOWN_EVENTS = 100;
const ACCEPT = 'application/graphql-response+json, application/json';

export const lastAnswer = createStore(null);

export function createFetcher(graphqlUrl) {
  return (asked, { headers = {} } = {}) => {
    const named = authorised(headers);
    const { kind, ...operation } = chosen(asked);
    return kind === 'subscription'
      ? stream(graphqlUrl, operation, named)
      : timed(graphqlUrl, operation, named);
  };
}

// The editor tells the name of the operation a moment late; the document itself is always right.
function chosen(asked) {
  const operations = operationsOf(asked.query);
  const [only, another] = operations;
  const one = another ? operations.find((each) => each.name?.value === asked.operationName) : only;
  return one ? { ...asked, operationName: one.name?.value, kind: one.operation } : asked;
}

function operationsOf(query) {
  try {
    return parse(query).definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  } catch {
    return [];
  }
}

// A header written by hand wins over the log-in, so that any token can be tried.
export function authorised(headers = {}) {
  const byHand = Object.entries(headers).find(([name]) => name.toLowerCase() === 'authorization');
  if (byHand || !bearer()) return headers;
  return { ...headers, Authorization: bearer() };
}

export async function send(url, operation, headers) {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      Accept: ACCEPT,
      'Accept-Language': spokenLanguage(),
      'Content-Type': 'application/json',
      ...headers,
    },
    body: JSON.stringify(operation),
    credentials: 'omit',
  });
  return { answer: await response.json(), status: response.status };
}

async function timed(url, operation, headers) {
  const begun = performance.now();
  const { answer, status } = await send(url, operation, headers);
  if (operation.operationName !== 'IntrospectionQuery') {
    const milliseconds = Math.round(performance.now() - begun);
    lastAnswer.set({ status, milliseconds, cost: answer.extensions?.cost });
  }
  return answer;
}

// One connection for each subscription: it opens with the token of the moment and closes with it.
function stream(url, operation, headers) {
  return {
    subscribe(sink) {
      const address = new URL(url, location.href);
      address.protocol = address.protocol.replace('http', 'ws');
      // Null leaves the log-in of the browser aside: this page shows what its own token opens.
      const params = { Authorization: null, ...headers };
      const client = createClient({ url: address.href, connectionParams: params, retryAttempts: 0 });
      const shown = [];
      let received = 0;
      lastAnswer.set({ received });
      const end = client.subscribe(operation, {
        next(answer) {
          received += 1;
          show(shown, answer);
          lastAnswer.set({ received, cost: answer.extensions?.cost });
          sink.next({ received, newestFirst: [...shown] });
        },
        error(problem) {
          sink.error(spoken(problem));
          client.dispose();
        },
        complete() {
          sink.complete();
          client.dispose();
        },
      });
      return { unsubscribe: end };
    },
  };
}

// A heartbeat replaces the one before it, so that a quiet stream stays readable.
function show(shown, answer) {
  const { extensions, ...told } = answer;
  const entry = { at: new Date().toISOString(), ...told };
  if (isHeartbeat(answer) && shown[0] && isHeartbeat(shown[0])) shown.shift();
  shown.unshift(entry);
  shown.length = Math.min(shown.length, SHOWN_EVENTS);
}

const isHeartbeat = ({ data }) =>
  Object.values(data ?? {}).some((frame) => frame?.__typename === 'StreamHeartbeat');

const spoken = (problem) =>
  problem instanceof CloseEvent || 'code' in problem
    ? new Error(`${words().socketClosed} (${problem.code} ${problem.reason})`)
    : problem;
