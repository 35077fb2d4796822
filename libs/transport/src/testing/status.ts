// What a caller can read out of a refusal.

import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import { anyUnpack } from '@bufbuild/protobuf/wkt';

import { type RefusalDetail, RefusalDetailSchema } from '#contract/countersign/v1/refusal_pb.js';
import { ErrorDetailSchema } from '#contract/zitadel/message_pb.js';
import type { Answered, Status } from '#transport/call.js';

export function statusIn(answered: Answered): Status {
  if (answered.kind === 'answered') throw new Error('it was not refused');
  return answered.status;
}

export function detailIn<Desc extends DescMessage>(status: Status, schema: Desc): MessageShape<Desc> | null {
  const found = status.details.find(({ typeUrl }) => typeUrl.endsWith(`/${schema.typeName}`));
  return found === undefined ? null : (anyUnpack(found, schema) ?? null);
}

export function refusalIn(status: Status): RefusalDetail {
  const detail = detailIn(status, RefusalDetailSchema);
  if (detail === null) throw new Error('every refusal says its code');
  return detail;
}

/** In a line, to be read in a table. */
export function saidIn(answered: Answered): string {
  if (answered.kind === 'answered') return 'answered';
  const { id } = detailIn(answered.status, ErrorDetailSchema) ?? {};
  return `${answered.status.code} ${refusalIn(answered.status).code} ${id}`;
}
