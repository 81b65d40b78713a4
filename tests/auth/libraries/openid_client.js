// openid-client as a browser application and as an ERP would use it. Prints what it obtained.
import * as client from "openid-client";
import { Browser } from "./browser.js";

const { site, spa, erp, secret, email, password, callback } = JSON.parse(process.argv[2]);
const plain = { execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks] };
const discover = (id, authentication) =>
  client.discovery(new URL(site), id, undefined, authentication, plain);
const refusal = (promise) => promise.then(() => "accepted", (error) => error.error ?? error.code);

const seen = {};

for (const method of ["ClientSecretBasic", "ClientSecretPost"]) {
  const machine = await discover(erp, client[method](secret));
  const tokens = await client.clientCredentialsGrant(machine, { scope: "invoice:issue" });
  const told = await client.tokenIntrospection(machine, tokens.access_token);
  await client.tokenRevocation(machine, tokens.access_token);
  const after = await client.tokenIntrospection(machine, tokens.access_token);
  seen[method] = [tokens.token_type, tokens.scope, told.active, told.sub, after.active];
}

const app = await discover(spa, client.None());
const verifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const nonce = client.randomNonce();
const asked = client.buildAuthorizationUrl(app, {
  redirect_uri: callback,
  scope: "openid email invoice:issue",
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
  nonce,
});
const returned = await new Browser(site).authorize(asked, email, password);
const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce };
const tokens = await client.authorizationCodeGrant(app, returned, checks);
const claims = tokens.claims();
const info = await client.fetchUserInfo(app, tokens.access_token, claims.sub);
seen.code = { subject: claims.sub, email: info.email, scope: tokens.scope };

const renewed = await client.refreshTokenGrant(app, tokens.refresh_token);
seen.renewed = renewed.refresh_token !== tokens.refresh_token;
seen.reused = await refusal(client.refreshTokenGrant(app, tokens.refresh_token));
seen.family = await refusal(client.refreshTokenGrant(app, renewed.refresh_token));
seen.replayed = await refusal(client.authorizationCodeGrant(app, returned, checks));

const forged = new URL(returned);
forged.searchParams.set("iss", "https://evil.test");
seen.mixedUp = await refusal(client.authorizationCodeGrant(app, forged, checks));

console.log(JSON.stringify(seen));
