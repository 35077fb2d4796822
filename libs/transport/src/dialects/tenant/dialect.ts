// `/v1/users/me/mfa`: the factors of whoever calls, with a bearer token and the organization that it is of.

import type { FastifyRequest } from 'fastify';

import type { ReadFor } from '#transport/call.js';
import { refusalOf, refusalSchema } from '#transport/dialects/tenant/refusals.js';
import { routes } from '#transport/dialects/tenant/routes.js';
import type { Dialect } from '#transport/plain/dialect.js';
import { type No, no } from '#transport/plain/no.js';
import { withNotices } from '#transport/plain/notices.js';

export const tenant: Dialect = {
  name: 'tenant',
  mounts: ['/v1/users'],
  routes,
  credentialOf: ({ headers }) => headers.authorization ?? null,
  admits,
  refusalOf,
  noticed: withNotices,
  described: {
    title: 'tenant',
    description:
      'The second factors of the user whose token comes along, in the organization of `X-Tenant-ID`.',
    security: { type: 'http', scheme: 'bearer', description: 'An access token, or the token of a session.' },
    headers: [
      {
        name: 'X-Tenant-ID',
        description: 'The organization of the credential; any other one is `tenant_mismatch`.',
        schema: { type: 'string', format: 'uuid' },
      },
    ],
    refusal: refusalSchema,
  },
};

/** RFC 9562: written in either case, and the same. */
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const missing = no('organization-missing', 'X-Tenant-ID is required');
const malformed = no('organization-malformed', 'X-Tenant-ID must be one UUID');
const other = no('organization-other', 'The credential is not of this tenant');

/** By what came along alone, so that nobody learns which organizations there are. */
function admits({ headers }: FastifyRequest, { organizationId }: ReadFor): No | null {
  // Two headers of this name arrive as one text.
  const named = headers['x-tenant-id']?.toString() ?? '';
  if (named === '') return missing;
  if (!uuid.test(named)) return malformed;
  return named.toLowerCase() === organizationId.toLowerCase() ? null : other;
}
