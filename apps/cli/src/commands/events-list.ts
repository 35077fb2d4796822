import type { Call, Command } from '#cli/command.js';
import { usageFailure } from '#cli/command-failure.js';
import { type EventFilter, filterOf, filterOptions } from '#cli/event-filter.js';
import { eventLine, type SeenEvent } from '#cli/event-lines.js';
import { eventCells, eventHead } from '#cli/event-table.js';
import { listThere, positionGiven } from '#cli/events-there.js';
import { exitCodes } from '#cli/exit-codes.js';
import { positionOf, wholeNumber } from '#cli/numbers.js';
import { serviceElsewhere } from '#cli/reach.js';
import type { ServiceApi } from '#cli/service-api.js';
import { embeddedDirectoryOf } from '#cli/settings-of.js';
import { positionText } from '#event-log/counted-position.js';
import { ReadLog } from '#event-log-sqlite/read-log.js';
import type { StoredRow } from '#event-log-sqlite/rows.js';

const limitDefault = '50';

export const eventsList: Command = {
  name: 'events list',
  summary: 'Print events: the last ones, or those after or before a position.',
  way: 'reads',
  arguments: [],
  options: {
    ...filterOptions,
    after: { meaning: 'From this position on, without it.', value: 'position' },
    before: { meaning: 'Up to this position, without it.', value: 'position' },
    limit: { meaning: `At most so many, ${limitDefault} when left out.`, value: 'count' },
  },
  examples: [
    { line: 'events list', meaning: 'The last 50' },
    { line: 'events list --type "user.human.mfa.*" --since 6h', meaning: 'What happened to second factors' },
    { line: 'events list --after 0 --limit 1000 --json', meaning: 'The first thousand, for a script' },
  ],
  run: async (call) => {
    const { given, output } = call;
    const filter = filterOf(call);
    const limit = wholeNumber('--limit', given.text('limit') ?? limitDefault, 1);
    const service = await serviceElsewhere(call);
    const events =
      service === null
        ? listHere(call, { filter, range: rangeOf(call), limit })
        : await listElsewhere(service, call, limit);
    if (output.isJson) for (const event of events) await output.line(eventLine(event));
    else await output.line(output.table(eventHead, events.map(eventCells)));
    return exitCodes.done;
  },
};

function listHere(call: Call, picking: Picking): SeenEvent[] {
  const { filter, range } = picking;
  const log = ReadLog.open(embeddedDirectoryOf(call));
  try {
    const rows = pick(candidates(log, filter, range), picking);
    return range.after === null ? rows.reverse() : rows;
  } finally {
    log.close();
  }
}

async function listElsewhere(service: ServiceApi, call: Call, limit: number): Promise<SeenEvent[]> {
  const filter = filterOf(call);
  const after = positionGiven(call.given.text('after'));
  const before = positionGiven(call.given.text('before'));
  if (after === null) {
    const cursor = before;
    const { events } = await listThere(service, { filter, order: 'EVENT_ORDER_LATEST_FIRST', cursor, limit });
    return events.toReversed();
  }
  const { events } = await listThere(service, {
    filter,
    order: 'EVENT_ORDER_OLDEST_FIRST',
    cursor: after,
    limit,
  });
  return events.filter((event) => before === null || placeOf(event) < before);
}

/** As positions of one log are compared. */
function placeOf({ position }: SeenEvent): string {
  return typeof position === 'number' ? positionText(position) : position;
}

interface Range {
  readonly after: number | null;
  readonly before: number | null;
}

function rangeOf({ given }: Call): Range {
  const after = positionOf('--after', given.text('after'));
  const before = positionOf('--before', given.text('before'));
  if (after !== null && before !== null && before <= after)
    throw usageFailure('--before must be beyond --after', 'there is nothing between them');
  return { after, before };
}

/** From the first that is wanted on: forward where it is said after which, else the newest first. */
function candidates(log: ReadLog, { stream }: EventFilter, { after, before }: Range): Iterable<StoredRow> {
  if (stream !== null) return after === null ? [...log.stream(stream)].reverse() : log.stream(stream);
  return after === null ? log.before(before ?? log.head() + 1) : log.after(after);
}

interface Picking {
  readonly filter: EventFilter;
  readonly range: Range;
  readonly limit: number;
}

function pick(rows: Iterable<StoredRow>, { filter, range, limit }: Picking): StoredRow[] {
  const picked: StoredRow[] = [];
  const [from, to] = [range.after ?? 0, range.before ?? Number.POSITIVE_INFINITY];
  for (const row of rows) {
    if (range.after !== null && row.position >= to) break;
    if (row.position > from && row.position < to && filter.passes(row)) picked.push(row);
    if (picked.length === limit) break;
  }
  return picked;
}
