// oauth4webapi as a device, as a client that registers itself, and as a resource that keeps keys.
import * as oauth from "oauth4webapi";
import { Browser } from "./browser.js";

const { site, tool, erp, secret, email, password, callback } = JSON.parse(process.argv[2]);
const plain = { [oauth.allowInsecureRequests]: true };
const issuer = new URL(site);
const audience = `${site}/graphql`;
const discover = async () =>
  oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, plain));
const server = await discover();
const seen = {};

const cli = { client_id: tool };
const asked = await oauth.processDeviceAuthorizationResponse(
  server,
  cli,
  await oauth.deviceAuthorizationRequest(
    server, cli, oauth.None(), new URLSearchParams({ scope: "invoice:issue" }), plain,
  ),
);
const poll = async () =>
  oauth.processDeviceCodeResponse(
    server,
    cli,
    await oauth.deviceCodeGrantRequest(server, cli, oauth.None(), asked.device_code, plain),
  );
const early = await poll().catch((error) => error.error);
await new Browser(site).allow(asked.verification_uri_complete, asked.user_code, email, password);
const device = await poll();
seen.device = [early, device.token_type, device.scope];

const registered = await oauth.processDynamicClientRegistrationResponse(
  await oauth.dynamicClientRegistrationRequest(
    server,
    { client_name: "Essai", redirect_uris: [callback], token_endpoint_auth_method: "none" },
    plain,
  ),
);
seen.registered = [registered.client_id.startsWith("cli_"), registered.client_secret ?? null];

const machine = { client_id: erp };
const token = async () =>
  (
    await oauth.processClientCredentialsResponse(
      server,
      machine,
      await oauth.clientCredentialsGrantRequest(
        server, machine, oauth.ClientSecretBasic(secret), new URLSearchParams(), plain,
      ),
    )
  ).access_token;
// A resource server that keeps the keys it saw, under its own description of the server.
const valid = (described, one, kept) =>
  oauth
    .validateJwtAccessToken(
      described,
      new Request(audience, { headers: { authorization: `Bearer ${one}` } }),
      audience,
      { ...plain, [oauth.jwksCache]: kept },
    )
    .then((claims) => claims.sub === erp, (error) => error.code);

const keys = {};
const resource = await discover();
const before = await token();
const first = await valid(resource, before, keys);
await fetch(`${site}/rotate`, { method: "POST" });
const next = await token();
const kid = (one) => JSON.parse(Buffer.from(one.split(".")[0], "base64url")).kid;
// Kept for a minute, the keys are looked for again when a name is unknown.
const old = { jwks: keys.jwks, uat: keys.uat - 61 };
const later = await discover();
seen.keys = {
  changed: kid(before) !== kid(next),
  first,
  next: await valid(later, next, old),
  before: await valid(later, before, old),
  count: old.jwks.keys.length,
};

console.log(JSON.stringify(seen));
