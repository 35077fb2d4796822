// Which events somebody wants to see.

import type { Instant, OrganizationId } from '#domain/ids.js';
import type { RecordedEvent } from '#event-log/event-log.js';

export interface EventFilter {
  readonly stream: string | null;
  /** Of one of these; one that ends in `*` is for all that begin so. None lets every type pass. */
  readonly types: readonly string[];
  readonly editor: string | null;
  readonly organizationId: OrganizationId | null;
  readonly since: Instant | null;
  readonly until: Instant | null;
}

export type Passes = (event: RecordedEvent) => boolean;

/** What is not asked for costs nothing. */
export function passing(filter: EventFilter): Passes {
  const tests = [
    testOf(filter.stream, (stream) => (event) => event.stream === stream),
    testOf(filter.types.length === 0 ? null : filter.types, ofTypes),
    testOf(
      filter.editor,
      (editor) =>
        ({ metadata }) =>
          metadata.editor === editor,
    ),
    testOf(
      filter.organizationId,
      (id) =>
        ({ metadata }) =>
          metadata.organization === id,
    ),
    testOf(
      filter.since,
      (since) =>
        ({ metadata }) =>
          Date.parse(metadata.time) >= since,
    ),
    testOf(
      filter.until,
      (until) =>
        ({ metadata }) =>
          Date.parse(metadata.time) < until,
    ),
  ].filter((test) => test !== null);
  return (event) => tests.every((test) => test(event));
}

function testOf<Wanted>(wanted: Wanted | null, test: (wanted: Wanted) => Passes): Passes | null {
  return wanted === null ? null : test(wanted);
}

function ofTypes(types: readonly string[]): Passes {
  const whole = new Set(types.filter((type) => !type.endsWith('*')));
  const beginnings = types.filter((type) => type.endsWith('*')).map((type) => type.slice(0, -1));
  return ({ type }) => whole.has(type) || beginnings.some((beginning) => type.startsWith(beginning));
}
