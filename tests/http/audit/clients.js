// Follows the same subscription with three public clients, and prints what each one saw.
import { EventSource } from "eventsource";
import { createClient as createSse } from "graphql-sse";
import { createClient as createWs } from "graphql-ws";
import WebSocket from "ws";

const [, , url, token] = process.argv;
const headers = { Authorization: `Bearer ${token}` };
const query = "subscription { count(to: 3) { number } }";

async function collect(results) {
  const seen = [];
  for await (const result of results) seen.push(result);
  return seen;
}

const ws = createWs({
  url: url.replace("http", "ws"),
  webSocketImpl: WebSocket,
  connectionParams: headers,
  retryAttempts: 0,
});
const sse = createSse({ url, headers, retryAttempts: 0 });

function eventSource() {
  const source = new EventSource(`${url}?query=${encodeURIComponent(query)}`);
  const seen = [];
  return new Promise((resolve, reject) => {
    source.addEventListener("next", (event) =>
      seen.push({ id: event.lastEventId, ...JSON.parse(event.data) }),
    );
    source.addEventListener("complete", () => resolve(seen));
    source.addEventListener("error", reject);
  }).finally(() => source.close());
}

const seen = {
  ws: await collect(ws.iterate({ query })),
  wsQuery: await collect(ws.iterate({ query: "{ who }" })),
  wsInvalid: await collect(ws.iterate({ query: "{ nothing }" })).catch((errors) => errors),
  sse: await collect(sse.iterate({ query })),
  sseQuery: await collect(sse.iterate({ query: "{ who }" })),
  sseInvalid: await collect(sse.iterate({ query: "{ nothing }" })),
  eventSource: await eventSource(),
};
console.log(JSON.stringify(seen));
process.exit(0);
