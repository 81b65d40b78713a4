// oidc-provider (panva) as an administration's provider would be set up. Prints its issuer.
import { createServer } from "node:http";
import Provider from "oidc-provider";

const { client, callback, loggedOut, people, signed, method } = JSON.parse(process.argv[2]);

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: client.id,
        client_secret: client.secret,
        redirect_uris: [callback],
        post_logout_redirect_uris: [loggedOut],
        response_types: ["code"],
        grant_types: ["authorization_code"],
        token_endpoint_auth_method: method,
        ...(signed ? { userinfo_signed_response_alg: "RS256" } : {}),
      },
    ],
    claims: {
      openid: ["sub"],
      email: ["email", "email_verified"],
      profile: ["given_name", "usual_name"],
      siret: ["siret"],
    },
    clientAuthMethods: [method],
    features: { jwtUserinfo: { enabled: true } },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
    pkce: { required: () => true },
    ttl: { AccessToken: 60, IdToken: 60 },
  });
  server.on("request", provider.callback());
  console.log(issuer);
});
