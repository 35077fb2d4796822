// Every no of a REST call, for the document: the schema of `google.rpc.Status`, and an example of each status.

import { create } from '@bufbuild/protobuf';
import { type Any, anyPack } from '@bufbuild/protobuf/wkt';

import { BadRequestSchema, RetryInfoSchema } from '#contract/google/rpc/error_details_pb.js';
import { ErrorDetailSchema } from '#contract/zitadel/message_pb.js';
import { type StatusCode, statusCodes } from '#transport/call.js';
import type { Schema } from '#transport/openapi/model.js';
import { httpStatuses, statusText } from '#transport/rest/status-json.js';

interface Example {
  readonly means: string;
  readonly code: StatusCode;
  readonly text: string;
  readonly details: readonly Any[];
}

const violation = anyPack(
  BadRequestSchema,
  create(BadRequestSchema, { fieldViolations: [{ field: 'code', description: 'is not a text' }] }),
);

const wait = anyPack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay: { seconds: 30n } }));

function errorDetail(id: string, message: string): Any {
  return anyPack(ErrorDetailSchema, create(ErrorDetailSchema, { id, message }));
}

const examples = {
  BadRequest: {
    means: 'The request does not fit, or what is there now does not allow it.',
    code: statusCodes.invalidArgument,
    text: 'The request does not fit: code is not a text',
    details: [violation],
  },
  Unauthenticated: {
    means: 'No access token came along, or one that does not count.',
    code: statusCodes.unauthenticated,
    text: 'The access token does not count (AUTH-7fs1e)',
    details: [errorDetail('AUTH-7fs1e', 'The access token does not count')],
  },
  PermissionDenied: {
    means: 'The caller may know of it, and may not do this.',
    code: statusCodes.permissionDenied,
    text: 'No permission (AUTH-AWfge)',
    details: [errorDetail('AUTH-AWfge', 'No permission')],
  },
  NotFound: {
    means: 'There is no such thing, or none that the caller may know of.',
    code: statusCodes.notFound,
    text: 'User could not be found (QUERY-Dfbg2)',
    details: [errorDetail('QUERY-Dfbg2', 'User could not be found')],
  },
  Conflict: {
    means: 'It is there already, or others changed it at the same time.',
    code: statusCodes.alreadyExists,
    text: 'The factor is set up already (COMMAND-do9se)',
    details: [errorDetail('COMMAND-do9se', 'The factor is set up already')],
  },
  TooMany: {
    means: 'Too many calls, or too many wrong guesses. `retry-after` says how many seconds to wait.',
    code: statusCodes.resourceExhausted,
    text: 'Too many failures; the next guess is compared later',
    details: [wait],
  },
  Failure: {
    means: 'Something broke. The id of the request, in `x-request-id`, finds it in the log.',
    code: statusCodes.internal,
    text: 'Something broke here. The request id finds it in the log.',
    details: [],
  },
  Unavailable: {
    means: 'What the service stands on cannot be reached. The same call may succeed later.',
    code: statusCodes.unavailable,
    text: 'Not now',
    details: [],
  },
} as const satisfies Record<string, Example>;

export const statusSchema: Schema = {
  type: 'object',
  description: 'A `google.rpc.Status`: the answer of every call that is refused.',
  properties: {
    code: { type: 'integer', enum: Object.values(statusCodes), description: 'As gRPC numbers them.' },
    message: { type: 'string', description: 'For people. What a program needs stands in the details.' },
    details: {
      type: 'array',
      description:
        '`zitadel.v1.ErrorDetail` with the id of the refusal, `countersign.v1.RefusalDetail` with what it carries, ' +
        '`google.rpc.BadRequest` with the fields that do not fit, `google.rpc.RetryInfo` with how long to wait, `google.rpc.ErrorInfo` with what is missing.',
      items: { type: 'object', properties: { '@type': { type: 'string' } }, required: ['@type'] },
    },
  },
  required: ['code', 'message', 'details'],
};

export const refusalResponses: { readonly [name: string]: Schema } = Object.fromEntries(
  Object.entries(examples).map(([name, example]) => [name, responseOf(example)]),
);

/** By their HTTP statuses, for an operation. */
export const refusalReferences: { readonly [status: string]: Schema } = Object.fromEntries(
  Object.entries(examples).map(([name, { code }]) => [
    String(httpStatuses[code]),
    { $ref: `#/components/responses/${name}` },
  ]),
);

function responseOf({ means, code, text, details }: Example): Schema {
  const example: unknown = JSON.parse(statusText({ code, message: text, details }));
  return {
    description: means,
    content: { 'application/json': { schema: { $ref: '#/components/schemas/google.rpc.Status' }, example } },
  };
}
