// What a caller is told when the server itself says no. The status says everything; no cause, no path
// and no text of a library goes out.

import { type StatusCode, statusCodes } from '#transport/call.js';

const {
  invalidArgument,
  notFound,
  unimplemented,
  deadlineExceeded,
  resourceExhausted,
  internal,
  unavailable,
} = statusCodes;

const refusals = {
  400: [invalidArgument, 'The request is not well-formed.'],
  404: [notFound, 'There is nothing here.'],
  405: [unimplemented, 'This method does not exist here.'],
  408: [deadlineExceeded, 'The request took too long to arrive.'],
  413: [resourceExhausted, 'The body is over 64 KiB.'],
  414: [invalidArgument, 'A part of the path is too long.'],
  415: [invalidArgument, 'This content type is not understood here.'],
  431: [resourceExhausted, 'The headers are over 16 KiB.'],
  500: [internal, 'Something broke here. The request id finds it in the log.'],
  503: [unavailable, 'Not now.'],
} as const satisfies Record<number, readonly [StatusCode, string]>;

export type RefusalStatus = keyof typeof refusals;

/** A `google.rpc.Status`, as calls by REST are refused. */
export interface RefusalBody {
  readonly code: StatusCode;
  readonly message: string;
  readonly details: readonly never[];
}

export function refusalBody(status: RefusalStatus): RefusalBody {
  const [code, message] = refusals[status];
  return { code, message, details: [] };
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
