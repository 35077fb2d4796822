// The dialects that there are besides those of the contract, by the names that a setting chooses them by.

import type { FastifyInstance } from 'fastify';

import type { DialectName } from '#server/setting-values.js';
import type { Settings } from '#server/settings.js';
import { version } from '#server/version.js';
import type { Served } from '#transport/call.js';
import { apiKey } from '#transport/dialects/api-key/dialect.js';
import { me2fa } from '#transport/dialects/me-2fa/dialect.js';
import { mfaEnroll } from '#transport/dialects/mfa-enroll/dialect.js';
import { tenant } from '#transport/dialects/tenant/dialect.js';
import { openapiOfDialect } from '#transport/openapi/dialect.js';
import { openapiOf } from '#transport/openapi/document.js';
import { mergeOpenapi } from '#transport/openapi/merge.js';
import { registerDocumentation } from '#transport/openapi/serve.js';
import type { Dialect } from '#transport/plain/dialect.js';
import { registerDialect } from '#transport/plain/register.js';
import type { RestOptions } from '#transport/rest/routes.js';

type Chosen = Pick<Settings, 'dialects' | 'cookieName' | 'externalUrl'>;

const dialectsOf = ({ cookieName: name, externalUrl }: Chosen): Readonly<Record<DialectName, Dialect>> => ({
  tenant,
  'api-key': apiKey,
  'me-2fa': me2fa,
  'mfa-enroll': mfaEnroll({ name, externalUrl }),
});

interface Speaking {
  readonly settings: Chosen;
  readonly served: Served;
  readonly options: RestOptions;
}

/** Those that are chosen, and one document of all that is served. */
export function registerDialects(server: FastifyInstance, { settings, served, options }: Speaking): void {
  const dialects = dialectsOf(settings);
  const spoken = settings.dialects.map((name) => dialects[name]);
  for (const dialect of spoken) registerDialect(server, dialect, { served, options });
  const ofContract = openapiOf(served.services, version);
  registerDocumentation(server, spoken.map(openapiOfDialect).reduce(mergeOpenapi, ofContract));
}
