// Which HTTP status a protocol may answer with which of gRPC's numbers, and Connect's names for them.

/** In the order of gRPC's numbers, from 1. */
export const connectCodes = [
  'canceled',
  'unknown',
  'invalid_argument',
  'deadline_exceeded',
  'not_found',
  'already_exists',
  'permission_denied',
  'resource_exhausted',
  'failed_precondition',
  'aborted',
  'out_of_range',
  'unimplemented',
  'internal',
  'unavailable',
  'data_loss',
  'unauthenticated',
];

/** As `google.rpc.Code` says of each, and Connect alike: https://connectrpc.com/docs/protocol#error-codes */
const httpStatuses = [200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401];

/** A body that is too large, and a path that leads nowhere, are also told in HTTP's own words. */
const inWordsOfHttp: Readonly<Record<number, number>> = { 413: 8, 404: 12 };

export function assertHttpStatus(httpStatus: number, status: number): void {
  if (inWordsOfHttp[httpStatus] !== status)
    assertEqual(httpStatus, httpStatuses[status], `the HTTP status of ${status}`);
}

/** Each protocol has its own rules for this, which no row looks at. */
export function assertEqual(actual: unknown, expected: unknown, what: string): void {
  if (actual !== expected) throw new Error(`${what}: ${String(actual)} is not ${String(expected)}`);
}
