// oauth4webapi: strict about discovery and the code flow, and a resource server of RFC 9068.
import * as oauth from "oauth4webapi";
import { Browser } from "./browser.js";

const { site, spa, erp, secret, email, password, callback } = JSON.parse(process.argv[2]);
const plain = { [oauth.allowInsecureRequests]: true };
const issuer = new URL(site);

const discovered = {};
for (const algorithm of ["oauth2", "oidc"]) {
  const answer = await oauth.discoveryRequest(issuer, { algorithm, ...plain });
  discovered[algorithm] = await oauth.processDiscoveryResponse(issuer, answer);
}
const server = discovered.oauth2;

const machine = { client_id: erp };
const given = await oauth.processClientCredentialsResponse(
  server,
  machine,
  await oauth.clientCredentialsGrantRequest(
    server,
    machine,
    oauth.ClientSecretBasic(secret),
    new URLSearchParams(),
    plain,
  ),
);

const audience = `${site}/graphql`;
const valid = (token) =>
  oauth.validateJwtAccessToken(
    server,
    new Request(audience, { headers: { authorization: `Bearer ${token}` } }),
    audience,
    plain,
  );
const claims = await valid(given.access_token);

const browserClient = { client_id: spa };
const verifier = oauth.generateRandomCodeVerifier();
const state = oauth.generateRandomState();
const asked = new URL(server.authorization_endpoint);
asked.search = new URLSearchParams({
  client_id: spa,
  redirect_uri: callback,
  response_type: "code",
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
});
const returned = await new Browser(site).authorize(asked, email, password);
const parameters = oauth.validateAuthResponse(server, browserClient, returned, state);
const tokens = await oauth.processAuthorizationCodeResponse(
  server,
  browserClient,
  await oauth.authorizationCodeGrantRequest(
    server,
    browserClient,
    oauth.None(),
    parameters,
    callback,
    verifier,
    plain,
  ),
);
const person = await valid(tokens.access_token);

const resource = await oauth.processResourceDiscoveryResponse(
  new URL(audience),
  await oauth.resourceDiscoveryRequest(new URL(audience), plain),
);

console.log(
  JSON.stringify({
    issuers: Object.values(discovered).map((one) => one.issuer),
    machine: [claims.sub, claims.client_id],
    person: [person.sub, person.client_id],
    resource: resource.authorization_servers,
  }),
);
