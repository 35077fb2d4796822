// The log for operators: by pages, one by one, and as it grows.

import type { Violation } from '#application/violations.js';
import {
  EventOrder,
  EventService,
  type ListEventsRequest,
} from '#contract/countersign/v1/event_service_pb.js';
import { eventAt, listEvents, positionGiven, positionReached } from '#read-models/event-reading.js';
import { tailEvents } from '#read-models/event-tail.js';
import {
  eventMessage,
  filterOf,
  violationsOfFilter,
} from '#transport/dialects/countersign/event-messages.js';
import type { Parts } from '#transport/dialects/countersign/parts.js';
import { invalid, noPosition, unknownValue } from '#transport/dialects/countersign/violations.js';
import {
  answered,
  type Implemented,
  implement,
  type MethodTable,
  refused,
} from '#transport/implementation.js';

const reading = { of: 'instance', permission: 'instance.event.read' } as const;

const limitDefault = 100;
/** As many as a page has anywhere. */
const limitMax = 1_000;

type Methods = MethodTable<typeof EventService>;

export const eventService = (parts: Parts): readonly Implemented[] =>
  implement(EventService, { ...lists(parts), ...tails(parts) });

const orders = new Map<EventOrder, 'oldest-first' | 'latest-first'>([
  [EventOrder.UNSPECIFIED, 'oldest-first'],
  [EventOrder.OLDEST_FIRST, 'oldest-first'],
  [EventOrder.LATEST_FIRST, 'latest-first'],
]);

/** The cursor is undefined where none was given, and null where it is no position. */
function violationsOfList(
  { filter, order, limit }: ListEventsRequest,
  cursor: string | null | undefined,
): readonly Violation[] {
  const tooMany = { field: 'limit', rule: 'whole-number', message: `must be at most ${limitMax}` };
  return [
    ...violationsOfFilter(filter),
    ...(orders.has(order) ? [] : [unknownValue('order')]),
    ...(cursor === null ? [noPosition('cursor')] : []),
    ...(limit > limitMax ? [tooMany] : []),
  ];
}

const lists = ({ application }: Parts): Methods => ({
  listEvents: {
    access: reading,
    run: async (request, { incoming: { signal } }) => {
      const { log } = application.parts;
      const { filter, limit } = request;
      const streamOf = application.userStream.bind(application);
      const given = request.cursor === '' ? null : await positionReached(log, request.cursor);
      const cursor = request.cursor === '' ? undefined : given;
      const violations = violationsOfList(request, cursor);
      const order = orders.get(request.order);
      if (order === undefined || violations.length > 0) return refused(invalid(violations));
      const search = {
        filter: filterOf(filter, streamOf),
        order,
        cursor: given,
        limit: limit || limitDefault,
        signal,
      };
      const page = await listEvents(log, search);
      return answered({ events: page.events.map(eventMessage), next: page.next ?? '', head: page.head });
    },
  },
  getEvent: {
    access: reading,
    run: async (request) => {
      const { log } = application.parts;
      const position = await positionGiven(log, request.position);
      if (position === null) return refused(invalid([noPosition('position')]));
      const event = await eventAt(log, position);
      return event === null ? refused({ code: 'event-not-found' }) : answered({ event: eventMessage(event) });
    },
  },
});

const tails = ({ application }: Parts): Methods => ({
  tailEvents: {
    access: reading,
    open: async ({ filter, after: text }, { incoming: { signal } }) => {
      const { log } = application.parts;
      const streamOf = application.userStream.bind(application);
      const after = text === undefined ? null : await positionReached(log, text);
      const violations = [
        ...violationsOfFilter(filter),
        ...(text !== undefined && after === null ? [noPosition('after')] : []),
      ];
      if (violations.length > 0) return refused(invalid(violations));
      return told(tailEvents(log, { filter: filterOf(filter, streamOf), after, signal }));
    },
  },
});

async function* told(tail: ReturnType<typeof tailEvents>) {
  for await (const { event, position, caughtUp } of tail)
    yield { ...(event !== null && { event: eventMessage(event) }), position, caughtUp };
}
