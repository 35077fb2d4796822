// A repeat of an order does what was not done yet, and nothing that somebody has changed since: what tells it so stands
// in the log.

import type { Application } from '#application/application.js';
import type { Caller, Details, Refused } from '#application/caller.js';
import { acceptAgain } from '#application/execute.js';
import type { IdempotencyKeyReused } from '#application/idempotency.js';
import { instanceKind } from '#application/kinds.js';
import { instanceStream } from '#application/surroundings.js';
import { assertNever } from '#domain/decider.js';
import type { InstanceEvent, OperatorOrder } from '#domain/instance/events.js';
import type { EventLog } from '#event-log/event-log.js';
import { eventsPerReadMax } from '#event-log/limits.js';

export interface GivenBefore {
  readonly kind: 'given';
  /** Of then. */
  readonly details: Details;
  /** Of the whole instance, in its order. */
  readonly since: readonly InstanceEvent[];
}

/** Null where nothing was ordered by this idempotency key, or none came along. */
export async function givenBefore(
  { instance, parts }: Application,
  by: Caller,
): Promise<GivenBefore | Refused<IdempotencyKeyReused> | null> {
  const { state } = await instance.streams.get(instanceStream);
  if (state.status === 'unknown') return null;
  const { instanceId: resourceOwner } = state;
  const asked = { stream: instanceStream, by, resourceOwner, recall: acceptAgain };
  const before = await instance.commands.repeated<never, null>(asked);
  if (before === null || before.kind === 'rejected') return before;
  const { details } = before;
  return { kind: 'given', details, since: await eventsFrom(parts.log, details.sequence) };
}

async function eventsFrom(log: EventLog, revision: number): Promise<readonly InstanceEvent[]> {
  const events: InstanceEvent[] = [];
  for (;;) {
    const asked = { from: revision + events.length, limit: eventsPerReadMax };
    const page = await log.readStream(instanceStream, { direction: 'forward', ...asked });
    if (page.status === 'unknown') return events;
    events.push(...page.events.map((event) => instanceKind.decode(event)));
    if (page.events.length < eventsPerReadMax) return events;
  }
}

/** Whether somebody ordered something of the same thing since, which a repeat would take back. */
export const isOvertaken = (order: OperatorOrder, since: readonly InstanceEvent[]): boolean =>
  since.some((later) => overtakes(order, later));

function overtakes(order: OperatorOrder, later: InstanceEvent): boolean {
  switch (order.type) {
    case 'instance.projection.paused':
    case 'instance.projection.resumed':
      return isOneOf(later, pauses) && later.projection === order.projection;
    case 'instance.projection.parked.retried':
    case 'instance.projection.parked.skipped':
      return isOneOf(later, parkings) && isOf(later, order) && later.stream === order.stream;
    case 'instance.replay.started':
      return (isOneOf(later, started) || isOneOf(later, ofBuilds)) && isOf(later, order);
    case 'instance.replay.paused':
    case 'instance.replay.resumed':
    case 'instance.replay.cancelled':
    case 'instance.build.dropped':
      return isOneOf(later, ofBuilds) && isOf(later, order) && later.build === order.build;
    case 'instance.key.rotated':
      return later.type === order.type;
    default:
      return assertNever(order);
  }
}

const pauses = ['instance.projection.paused', 'instance.projection.resumed'] as const;
const parkings = ['instance.projection.parked.retried', 'instance.projection.parked.skipped'] as const;
const started = ['instance.replay.started'] as const;
const ofBuilds = [
  'instance.replay.paused',
  'instance.replay.resumed',
  'instance.replay.cancelled',
  'instance.build.dropped',
] as const;

const isOneOf = <Type extends InstanceEvent['type']>(
  event: InstanceEvent,
  types: readonly Type[],
): event is Extract<InstanceEvent, { readonly type: Type }> => types.some((type) => type === event.type);

interface OfProjection {
  readonly projection: string;
}

const isOf = (one: OfProjection, other: OfProjection): boolean => one.projection === other.projection;
