// `/v1/me/2fa`: one authenticator app and its backup codes, or none, of whoever calls with a bearer token.

import { refusalOf, refusalSchema } from '#transport/dialects/me-2fa/refusals.js';
import { routes } from '#transport/dialects/me-2fa/routes.js';
import type { Dialect } from '#transport/plain/dialect.js';
import { withNotices } from '#transport/plain/notices.js';

export const me2fa: Dialect = {
  name: 'me-2fa',
  mounts: ['/v1/me'],
  routes,
  credentialOf: ({ headers }) => headers.authorization ?? null,
  refusalOf,
  noticed: withNotices,
  described: {
    title: 'me-2fa',
    description: 'Whether the user whose token comes along has a second factor, and what becomes of it.',
    security: { type: 'http', scheme: 'bearer', description: 'An access token, or the token of a session.' },
    headers: [],
    refusal: refusalSchema,
  },
};
