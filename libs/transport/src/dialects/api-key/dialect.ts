// `/auth/v1/users/current/totp`: one authenticator app, or none, of whoever calls with a key.

import { refusalOf, refusalSchema } from '#transport/dialects/api-key/refusals.js';
import { routes } from '#transport/dialects/api-key/routes.js';
import type { Dialect } from '#transport/plain/dialect.js';

export const apiKey: Dialect = {
  name: 'api-key',
  mounts: ['/auth/v1'],
  routes,
  credentialOf: ({ headers }) => {
    const key = headers['x-api-key'];
    return key === undefined ? null : `Bearer ${key}`;
  },
  refusalOf,
  described: {
    title: 'api-key',
    description: 'Whether the user whose key comes along has an authenticator app, and what becomes of it.',
    security: {
      type: 'apiKey',
      in: 'header',
      name: 'X-API-Key',
      description: 'An access token, or the token of a session, as it is.',
    },
    headers: [],
    refusal: refusalSchema,
  },
};
