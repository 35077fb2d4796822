// What a caller is told when the server itself says no. The status says everything; no cause, no path
// and no text of a library goes out.

export interface Refusal {
  readonly code: string;
  readonly message: string;
}

const refusals = {
  400: { code: 'bad_request', message: 'The request is not well-formed.' },
  404: { code: 'not_found', message: 'There is nothing here.' },
  405: { code: 'method_not_allowed', message: 'This method does not exist here.' },
  408: { code: 'timeout', message: 'The request took too long to arrive.' },
  413: { code: 'too_large', message: 'The body is over 64 KiB.' },
  414: { code: 'path_too_long', message: 'A part of the path is too long.' },
  415: { code: 'unsupported_media_type', message: 'This content type is not understood here.' },
  431: { code: 'headers_too_large', message: 'The headers are over 16 KiB.' },
  500: { code: 'internal', message: 'Something broke here. The request id finds it in the log.' },
  503: { code: 'unavailable', message: 'Not now.' },
} as const satisfies Record<number, Refusal>;

export type RefusalStatus = keyof typeof refusals;

export function refusalBody(
  status: RefusalStatus,
  requestId: string,
): Refusal & { readonly requestId: string } {
  return { ...refusals[status], requestId };
}

/** Of an error that a library threw: its own status where it is one we tell, else 400 or 500. */
export function refusalStatus(error: unknown): RefusalStatus {
  const status = statusOf(error);
  if (status in refusals) return status as RefusalStatus;
  return status >= 400 && status < 500 ? 400 : 500;
}

function statusOf(error: unknown): number {
  if (typeof error !== 'object' || error === null) return 500;
  const { status, statusCode = status } = error as { status?: unknown; statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : 500;
}
