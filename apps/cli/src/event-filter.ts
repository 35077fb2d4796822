// Which events somebody wants to see.

import type { Call, Option } from '#cli/command.js';
import { usageFailure } from '#cli/command-failure.js';
import type { EventMetadata } from '#event-log/event-log.js';
import type { StoredRow } from '#event-log-sqlite/rows.js';

export const filterOptions = {
  stream: { meaning: 'Of this stream, such as user-….', value: 'name' },
  type: {
    meaning: 'Of this type; user.human.mfa.* for all that begin so.',
    value: 'type',
    repeats: true,
  },
  editor: { meaning: 'Made by this user, or part of the system.', value: 'id' },
  organization: { meaning: 'Of this organization.', value: 'id' },
  since: { meaning: 'Not before this time: RFC 3339, or 15m, 6h, 2d ago.', value: 'time' },
  until: { meaning: 'Before this time.', value: 'time' },
} as const satisfies Record<string, Option>;

export interface EventFilter {
  readonly stream: string | null;
  /** As a service is asked for the same. */
  readonly asked: {
    readonly stream: string | null;
    readonly types: readonly string[];
    readonly editor: string | null;
    readonly organizationId: string | null;
    readonly since: string | null;
    readonly until: string | null;
  };
  passes(row: StoredRow): boolean;
}

const unitsMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export function filterOf({ given }: Call, now = Date.now()): EventFilter {
  const stream = given.text('stream');
  const types = given.texts('type');
  const [editor, organization] = [given.text('editor'), given.text('organization')];
  const since = timeOf('since', given.text('since'), now);
  const until = timeOf('until', given.text('until'), now);
  const isOfTypes = (row: StoredRow) => types.length === 0 || types.some((type) => isOfType(row.type, type));
  const says = metadataTest({ editor, organization, since, until });
  return {
    stream,
    asked: { stream, types, editor, organizationId: organization, since, until },
    passes: (row) => (stream === null || row.stream === stream) && isOfTypes(row) && says(row),
  };
}

interface Wanted {
  readonly editor: string | null;
  readonly organization: string | null;
  readonly since: string | null;
  readonly until: string | null;
}

/** Metadata is parsed only where it is asked for. */
function metadataTest({ editor, organization, since, until }: Wanted): (row: StoredRow) => boolean {
  const tests: ((metadata: EventMetadata) => boolean)[] = [];
  if (editor !== null) tests.push((metadata) => metadata.editor === editor);
  if (organization !== null) tests.push((metadata) => metadata.organization === organization);
  if (since !== null) tests.push(({ time }) => time >= since);
  if (until !== null) tests.push(({ time }) => time < until);
  if (tests.length === 0) return () => true;
  return (row) => {
    const metadata = JSON.parse(row.metadata) as EventMetadata;
    return tests.every((test) => test(metadata));
  };
}

function isOfType(type: string, wanted: string): boolean {
  return wanted.endsWith('*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted;
}

/** In the form of the times in the log, which compare as text. */
export function timeOf(name: string, text: string | null, now: number): string | null {
  if (text === null) return null;
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const at = count === undefined ? Date.parse(text) : now - Number(count) * (unitsMs[unit] ?? 0);
  if (!Number.isNaN(at)) return new Date(at).toISOString();
  throw usageFailure(
    `--${name} must be a time such as 2026-11-21T08:00:00Z, or 15m, 6h, 2d ago`,
    `it was ${text}`,
  );
}
