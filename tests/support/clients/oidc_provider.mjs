// npm oidc-provider as an upstream: its people are told by the test, and log in by their name alone.
import { createServer } from "node:http";
import { once } from "node:events";
import { generateKeyPair, exportJWK } from "jose";
import { Provider } from "oidc-provider";

const { clients, people } = JSON.parse(process.argv[2]);
const acrs = ["face", "two-facts", "phone"];

async function key(alg) {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(privateKey)), use: "sig", alg, kid: alg };
}

const server = createServer();
server.listen(0, "127.0.0.1");
await once(server, "listening");
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients,
  acrValues: acrs,
  jwks: { keys: [await key("RS256"), await key("ES256")] },
  scopes: ["openid", "person"],
  claims: { openid: ["sub"], person: ["name", "id_number", "phone"], acr: null, amr: null, sid: null, auth_time: null },
  cookies: { keys: ["only for tests"], names: { session: "_upstream", interaction: "_up_i", resume: "_up_r" } },
  features: {
    claimsParameter: { enabled: true },
    devInteractions: { enabled: false },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (ctx, form) => {
        ctx.body = form.replace('id="op.logoutForm" ', "").replace("</form>", '<input type="hidden" name="logout" value="yes"/></form>');
      },
    },
  },
  interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
  async loadExistingGrant(ctx) {
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope("openid person");
    await grant.save();
    return grant;
  },
  // Its guard against requests into its own network would refuse us, who are on loopback here.
  fetch: (url, { dispatcher, ...options }) => fetch(url, options),
  pkce: { required: () => true },
  ttl: { Session: 3600, Interaction: 600, Grant: 3600, IdToken: 600, AccessToken: 600 },
});

const known = provider.callback();
server.on("request", async (request, response) => {
  if (!request.url.startsWith("/interaction/")) return known(request, response);
  const { params } = await provider.interactionDetails(request, response);
  if (request.method === "GET")
    return response.writeHead(200, { "content-type": "text/html" }).end(
      `<form method="post" action="${request.url}"><input name="who" value="${params.login_hint ?? ""}"></form>
       <p id="asked">${JSON.stringify(params)}</p>`,
    );
  const who = new URLSearchParams((await request.setEncoding("utf8").toArray()).join("")).get("who");
  const result = who
    ? { login: { accountId: who, acr: people[who].acr, amr: people[who].amr } }
    : { error: "access_denied", error_description: "the person did not want to" };
  return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
});
process.stdin.on("end", () => process.exit(0)).resume();
console.log(issuer);
