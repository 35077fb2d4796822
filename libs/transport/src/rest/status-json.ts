// A status as REST answers it: the HTTP status by its code, and the JSON of `google.rpc.Status`.

import { create, type JsonValue, toJson } from '@bufbuild/protobuf';
import { type Any, anyPack, anyUnpack } from '@bufbuild/protobuf/wkt';

import { BadRequestSchema } from '#contract/google/rpc/error_details_pb.js';
import { type Status, type StatusCode, statusCodes } from '#transport/call.js';
import { detailTypes } from '#transport/rest/detail-types.js';
import type { Violation } from '#transport/rest/violations.js';

export const httpStatuses = {
  1: 499,
  2: 500,
  3: 400,
  4: 504,
  5: 404,
  6: 409,
  7: 403,
  8: 429,
  9: 400,
  10: 409,
  11: 400,
  12: 501,
  13: 500,
  14: 503,
  15: 500,
  16: 401,
} as const satisfies Record<StatusCode, number>;

/** Statuses that carry nothing of a call are made once, and so are their texts. */
const texts = new WeakMap<Status, string>();

export function statusText(status: Status): string {
  const known = texts.get(status);
  if (known !== undefined) return known;
  const { code, message, details } = status;
  const text = JSON.stringify({ code, message, details: details.map(detailJson) });
  texts.set(status, text);
  return text;
}

/** A detail of a type that is not known here is told as its bytes, and breaks nothing. */
function detailJson(detail: Any): JsonValue {
  const message = anyUnpack(detail, detailTypes);
  const schema = message === undefined ? undefined : detailTypes.getMessage(message.$typeName);
  if (message === undefined || schema === undefined) {
    return { '@type': detail.typeUrl, value: Buffer.from(detail.value).toString('base64') };
  }
  const json = toJson(schema, message) as { [name: string]: JsonValue };
  return { '@type': detail.typeUrl, ...json };
}

export function statusOfViolations(violations: readonly Violation[]): Status {
  const detail = create(BadRequestSchema, { fieldViolations: violations.map((one) => ({ ...one })) });
  return {
    code: statusCodes.invalidArgument,
    message: `The request does not fit: ${violations.map(sentence).join('; ')}`,
    details: [anyPack(BadRequestSchema, detail)],
  };
}

function sentence({ field, description }: Violation): string {
  return `${field} ${description}`.trim();
}
