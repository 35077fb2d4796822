// Events in the words of the contract, and what is asked of them in ours.

import type { JsonObject, MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt';

import type { Violation } from '#application/violations.js';
import type { EventSchema, EventFilter as FilterMessage } from '#contract/countersign/v1/event_service_pb.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import type { EventFilter } from '#read-models/event-filter.js';
import type { ToldEvent } from '#read-models/event-reading.js';

export type EventMessage = MessageInitShape<typeof EventSchema>;

const typesMax = 100;
const textCharactersMax = 512;

export const eventMessage = (event: ToldEvent): EventMessage => ({
  position: event.position,
  stream: event.stream,
  revision: BigInt(event.revision),
  id: event.id,
  type: event.type,
  time: timestampFromMs(event.time),
  editor: event.editor ?? '',
  organizationId: event.organizationId ?? '',
  callId: event.callId ?? '',
  traceId: event.traceId ?? '',
  ...(event.data !== null && { data: event.data as JsonObject }),
});

type StreamOf = (userId: UserId) => string;

export function filterOf(message: FilterMessage | undefined, streamOf: StreamOf): EventFilter {
  const { userId = '', types = [], editor = '', organizationId = '', since, until } = message ?? {};
  const stream = userId === '' ? (message?.stream ?? '') : streamOf(userId as UserId);
  return {
    stream: stream === '' ? null : stream,
    types,
    editor: editor === '' ? null : editor,
    organizationId: organizationId === '' ? null : (organizationId as OrganizationId),
    since: since === undefined ? null : timestampMs(since),
    until: until === undefined ? null : timestampMs(until),
  };
}

export function violationsOfFilter(message: FilterMessage | undefined): readonly Violation[] {
  if (message === undefined) return [];
  const { stream, types, editor, organizationId, userId, since, until } = message;
  const texts = { stream, editor, organization_id: organizationId, user_id: userId };
  const tooLong = Object.entries(texts).filter(([, text]) => text.length > textCharactersMax);
  const areTypes =
    types.length <= typesMax && types.every((type) => type !== '' && type.length <= textCharactersMax);
  const isBackward = since !== undefined && until !== undefined && timestampMs(since) > timestampMs(until);
  return [
    ...tooLong.map(([name]) => ({ field: `filter.${name}`, ...tooLongText })),
    ...(stream !== '' && userId !== '' ? [twoStreams] : []),
    ...(isBackward ? [backward] : []),
    ...(areTypes ? [] : [noTypes]),
  ];
}

const tooLongText = { rule: 'text', message: `must be at most ${textCharactersMax} characters` };

const twoStreams: Violation = {
  field: 'filter.user_id',
  rule: 'contradiction',
  message: 'must not be given beside a stream: the events of a user are in one of their own',
};

const backward: Violation = {
  field: 'filter.until',
  rule: 'instant',
  message: 'must not be before since',
};

const noTypes: Violation = {
  field: 'filter.types',
  rule: 'text-list',
  message: `must be at most ${typesMax} texts of 1 to ${textCharactersMax} characters`,
};
