// npm's oidc-provider as its documentation sets it up, for one machine client of each kind;
// tokens are JSON Web Tokens signed with ES256 where a resource is named, and opaque else.
//
//     node oidc_provider.mjs PORT KEYS.json

import { readFileSync } from 'node:fs';
import { Provider } from 'oidc-provider';

const [port, keys] = [Number(process.argv[2]), JSON.parse(readFileSync(process.argv[3], 'utf8'))];
const machine = {
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
  id_token_signed_response_alg: 'ES256',
};

const provider = new Provider(`http://127.0.0.1:${port}`, {
  jwks: { keys: [keys.signing] },
  clients: [
    { client_id: 'secret', client_secret: keys.secret, ...machine },
    {
      client_id: 'key',
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
      jwks: { keys: [keys.client] },
      ...machine,
    },
  ],
  scopes: ['catalogue.read'],
  clientAuthMethods: ['client_secret_basic', 'private_key_jwt'],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_ctx, audience) => ({
        audience,
        scope: 'catalogue.read',
        accessTokenFormat: 'jwt',
        accessTokenTTL: 300,
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
  ttl: { ClientCredentials: 3600 },
});

provider.listen(port, '127.0.0.1', () => console.log('ready'));
