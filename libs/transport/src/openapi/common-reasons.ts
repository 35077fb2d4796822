// What every call of a dialect may be refused for.

import type { Reason } from '#transport/plain/no.js';

export const commonReasons = [
  'malformed',
  'unauthenticated',
  'forbidden',
  'machine',
  'conflict',
  'rate-limited',
  'body-too-large',
  'unsupported-type',
  'unavailable',
  'timeout',
  'internal',
] as const satisfies readonly Reason[];

export const organizationReasons = [
  'organization-malformed',
  'organization-missing',
  'organization-other',
] as const satisfies readonly Reason[];
