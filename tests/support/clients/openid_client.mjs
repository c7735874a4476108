// Relying parties made of npm openid-client: any number in one process, each below a path of its own.
import { createServer } from "node:http";
import { once } from "node:events";
import { createRemoteJWKSet, exportJWK, generateKeyPair, jwtVerify } from "jose";
import * as oidc from "openid-client";

const parties = new Map();
const LOGOUT = "http://schemas.openid.net/event/backchannel-logout";

// Dynamic registration at the issuer, with a secret or with a key of its own.
async function register({ name, issuer, token, auth, metadata }) {
  const party = { name, issuer, waiting: new Map(), sessions: new Map() };
  const wanted = {
    client_name: name,
    redirect_uris: [`${base}/${name}/callback`],
    post_logout_redirect_uris: [`${base}/${name}/bye`],
    backchannel_logout_uri: `${base}/${name}/backchannel`,
    token_endpoint_auth_method: auth,
    ...metadata,
  };
  let proof;
  if (auth === "private_key_jwt") {
    const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
    wanted.jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: "1", alg: "ES256", use: "sig" }] };
    proof = oidc.PrivateKeyJwt({ key: privateKey, kid: "1" });
  } else if (auth === "client_secret_basic") proof = oidc.ClientSecretBasic();
  party.config = await oidc.dynamicClientRegistration(new URL(issuer), wanted, proof, {
    initialAccessToken: token,
    execute: [oidc.allowInsecureRequests],
  });
  party.keys = createRemoteJWKSet(new URL(party.config.serverMetadata().jwks_uri));
  parties.set(name, party);
  return { client_id: party.config.clientMetadata().client_id };
}

// Code flow with PKCE, state and nonce; `par`, `dpop` and `response_mode` as they are asked for.
async function login(party, query) {
  const { par, dpop, ...extra } = Object.fromEntries(query);
  const verifier = oidc.randomPKCECodeVerifier();
  const kept = { verifier, state: oidc.randomState(), nonce: oidc.randomNonce() };
  if (dpop) kept.dpop = oidc.getDPoPHandle(party.config, await oidc.randomDPoPKeyPair("ES256"));
  const parameters = {
    redirect_uri: `${base}/${party.name}/callback`,
    scope: "openid profile",
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state: kept.state,
    nonce: kept.nonce,
    ...extra,
  };
  party.waiting.set(kept.state, kept);
  if (par) return oidc.buildAuthorizationUrlWithPAR(party.config, parameters, { DPoP: kept.dpop });
  return oidc.buildAuthorizationUrl(party.config, parameters);
}

// The answer, by GET or by form_post; everything that the library checks is checked.
async function callback(party, request, url, body) {
  const state = new URLSearchParams(body ?? url.search).get("state");
  const kept = party.waiting.get(state);
  const asked = body === null ? url : new Request(url, {
    method: "POST", body, headers: { "content-type": request.headers["content-type"] },
  });
  const checks = {
    pkceCodeVerifier: kept?.verifier, expectedState: kept?.state, expectedNonce: kept?.nonce,
    idTokenExpected: true,
  };
  const tokens = await oidc.authorizationCodeGrant(party.config, asked, checks, undefined, {
    DPoP: kept?.dpop,
  });
  party.waiting.delete(state);
  const id = oidc.randomState();
  party.sessions.set(id, { tokens, dpop: kept.dpop, claims: tokens.claims() });
  return id;
}

// OpenID Connect Back-Channel Logout 1.0, section 2.6.
async function backchannel(party, body) {
  const { payload } = await jwtVerify(new URLSearchParams(body).get("logout_token"), party.keys, {
    issuer: party.config.serverMetadata().issuer,
    audience: party.config.clientMetadata().client_id,
    requiredClaims: ["iat", "jti", "exp"],
    typ: "logout+jwt",
  });
  if (!payload.events?.[LOGOUT] || "nonce" in payload) throw new Error("no logout token");
  for (const [id, { claims }] of party.sessions)
    if (payload.sid ? claims.sid === payload.sid : claims.sub === payload.sub) party.sessions.delete(id);
}

// What the library does with the tokens of a login.
const acts = {
  me: async (party, held) => held.claims,
  tokens: async (party, held) => held.tokens,
  userinfo: (party, { tokens, dpop, claims }) =>
    oidc.fetchUserInfo(party.config, tokens.access_token, claims.sub, { DPoP: dpop }),
  async refresh(party, held) {
    const given = await oidc.refreshTokenGrant(party.config, held.tokens.refresh_token, undefined, {
      DPoP: held.dpop,
    });
    const rotated = given.refresh_token !== held.tokens.refresh_token;
    held.tokens = { ...held.tokens, ...given };
    return { rotated, token_type: given.token_type };
  },
  introspect: (party, { tokens }) => oidc.tokenIntrospection(party.config, tokens.access_token),
  async revoke(party, { tokens }) {
    await oidc.tokenRevocation(party.config, tokens.refresh_token);
    return {};
  },
};

// Without a person.
const machine = {
  "client-credentials": (party, query) =>
    oidc.clientCredentialsGrant(party.config, { scope: query.get("scope") }),
  async device(party, query) {
    party.device = await oidc.initiateDeviceAuthorization(party.config, { scope: query.get("scope") });
    return party.device;
  },
  async "device-result"(party) {
    const tokens = await oidc.pollDeviceAuthorizationGrant(party.config, party.device);
    return { token_type: tokens.token_type, claims: tokens.claims() };
  },
};

async function answer(request, url, body) {
  const [, name, act] = url.pathname.split("/");
  if (name === "register") return [200, await register(JSON.parse(body))];
  const party = parties.get(name);
  const cookie = `rp_${name}`;
  const held = party?.sessions.get(new RegExp(`${cookie}=([^;]+)`).exec(request.headers.cookie)?.[1]);
  if (act === "login") return [302, await login(party, url.searchParams)];
  if (act === "callback") {
    const id = await callback(party, request, url, body);
    return [303, new URL(`${base}/${name}/me`), { "set-cookie": `${cookie}=${id}; Path=/${name}` }];
  }
  if (act === "backchannel") return [200, (await backchannel(party, body)) ?? {}];
  if (act === "bye") return [200, { out: true, state: url.searchParams.get("state") }];
  if (act in machine) return [200, await machine[act](party, url.searchParams)];
  if (!held) return [401, { error: "not logged in" }];
  if (act === "logout") {
    const { id_token } = held.tokens;
    return [302, oidc.buildEndSessionUrl(party.config, {
      id_token_hint: id_token, post_logout_redirect_uri: `${base}/${name}/bye`, state: "left",
    })];
  }
  return [200, await acts[act](party, held)];
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url, base);
  let body = null;
  if (request.method === "POST") body = (await request.setEncoding("utf8").toArray()).join("");
  let told;
  try {
    told = await answer(request, url, body);
  } catch (error) {
    const { name, code, message, cause, error: oauth, error_description } = error;
    told = [500, { name, code, message, cause: String(cause?.message ?? cause), oauth, error_description }];
  }
  const [status, content, headers] = told;
  if (content instanceof URL) response.writeHead(status, { location: content.href, ...headers }).end();
  else response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(content));
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const base = `http://127.0.0.1:${server.address().port}`;
process.stdin.on("end", () => process.exit(0)).resume();
console.log(base);
