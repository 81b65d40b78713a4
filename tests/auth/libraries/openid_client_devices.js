// openid-client as a command-line tool, as a client that registers itself, and leaving the site.
import * as client from "openid-client";
import { Browser } from "./browser.js";

const { site, spa, tool, email, password, callback, loggedOut } = JSON.parse(process.argv[2]);
const plain = { execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks] };
const refusal = (promise) => promise.then(() => "accepted", (error) => error.error ?? error.code);
const browser = new Browser(site);
const seen = {};

const cli = await client.discovery(new URL(site), tool, undefined, client.None(), plain);
const asked = await client.initiateDeviceAuthorization(cli, { scope: "openid invoice:issue" });
const done = await browser.allow(asked.verification_uri, asked.user_code, email, password);
const tokens = await client.pollDeviceAuthorizationGrant(cli, { ...asked, interval: 0.1 });
seen.device = {
  page: done.text.includes("Vous pouvez retourner"),
  scope: tokens.scope,
  subject: tokens.claims().sub,
  replayed: await refusal(
    client.genericGrantRequest(cli, "urn:ietf:params:oauth:grant-type:device_code", {
      device_code: asked.device_code,
    }),
  ),
};

const own = await client.dynamicClientRegistration(
  new URL(site),
  {
    client_name: "Essai d'un développeur",
    redirect_uris: [callback],
    grant_types: ["authorization_code", "refresh_token"],
    token_endpoint_auth_method: "client_secret_basic",
    scope: "openid invoice:issue",
  },
  undefined,
  plain,
);
const metadata = own.clientMetadata();
const verifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const request = client.buildAuthorizationUrl(own, {
  redirect_uri: callback,
  scope: "openid invoice:issue",
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
});
const consent = await browser.open(request);
const returned = (await browser.send(consent, { decision: "accept" })).callback;
const checks = { pkceCodeVerifier: verifier, expectedState: state, idTokenExpected: true };
const issued = await client.authorizationCodeGrant(own, returned, checks);
const renewed = await client.refreshTokenGrant(own, issued.refresh_token);
const told = await client.tokenIntrospection(own, renewed.access_token);
await client.tokenRevocation(own, renewed.refresh_token);
const after = await client.tokenIntrospection(own, renewed.access_token);
seen.registered = {
  asks: consent.text.includes("enregistrée par un développeur"),
  method: metadata.token_endpoint_auth_method,
  scope: renewed.scope,
  active: [told.active, after.active],
  ended: await refusal(client.refreshTokenGrant(own, renewed.refresh_token)),
  alone: await refusal(client.clientCredentialsGrant(own)),
};

const app = await client.discovery(new URL(site), spa, undefined, client.None(), plain);
const pkce = client.randomPKCECodeVerifier();
const back = await browser.open(
  client.buildAuthorizationUrl(app, {
    redirect_uri: callback,
    scope: "openid",
    code_challenge: await client.calculatePKCECodeChallenge(pkce),
    code_challenge_method: "S256",
    state,
  }),
);
const person = await client.authorizationCodeGrant(app, back.callback, {
  pkceCodeVerifier: pkce,
  expectedState: state,
});
const left = await browser.open(
  client.buildEndSessionUrl(app, {
    post_logout_redirect_uri: loggedOut,
    id_token_hint: person.id_token,
    state,
  }),
);
seen.left = {
  at: left.callback.origin + left.callback.pathname,
  state: left.callback.searchParams.get("state") === state,
  refreshed: await refusal(client.refreshTokenGrant(app, person.refresh_token)),
};

console.log(JSON.stringify(seen));
