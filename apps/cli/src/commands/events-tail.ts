import { setTimeout as delay } from 'node:timers/promises';

import type { Call, Command } from '#cli/command.js';
import { type EventFilter, filterOf, filterOptions } from '#cli/event-filter.js';
import { eventLine, type SeenEvent } from '#cli/event-lines.js';
import { eventText } from '#cli/event-table.js';
import { listThere, positionGiven, tailThere } from '#cli/events-there.js';
import { exitCodes } from '#cli/exit-codes.js';
import { positionOf, wholeNumber } from '#cli/numbers.js';
import type { Output } from '#cli/output.js';
import { serviceElsewhere } from '#cli/reach.js';
import type { ServiceApi } from '#cli/service-api.js';
import { embeddedDirectoryOf } from '#cli/settings-of.js';
import { stopSignal } from '#cli/stop-signal.js';
import { ReadLog } from '#event-log-sqlite/read-log.js';

/** How often it looks: sooner than anybody reads, and cheap. */
const everyMs = 200;
const lastDefault = '10';

export const eventsTail: Command = {
  name: 'events tail',
  summary: 'Print events as they come, until Ctrl-C.',
  way: 'reads',
  arguments: [],
  options: {
    ...filterOptions,
    after: { meaning: 'Begin after this position.', value: 'position' },
    last: { meaning: `Begin with so many of the last ones, ${lastDefault} when left out.`, value: 'count' },
  },
  examples: [
    { line: 'events tail', meaning: 'Watch what happens' },
    { line: 'events tail --type user.locked --json', meaning: 'Every lock, for a script' },
    { line: 'events tail --after 0', meaning: 'Everything from the beginning, and on' },
  ],
  run: async (call) => {
    const { given } = call;
    const filter = filterOf(call);
    const last = wholeNumber('--last', given.text('last') ?? lastDefault, 0);
    const service = await serviceElsewhere(call);
    if (service === null) await tailHere(call, filter, last);
    else await tailElsewhere(call, service, { filter, last });
    return exitCodes.done;
  },
};

async function tailHere({ given, output, ...call }: Call, filter: EventFilter, last: number): Promise<void> {
  const after = positionOf('--after', given.text('after'));
  const log = ReadLog.open(embeddedDirectoryOf({ given, ...call }));
  try {
    await follow({ log, filter, output, stopped: stopSignal() }, after ?? placeBefore(log, filter, last));
  } finally {
    log.close();
  }
}

interface Wanted {
  readonly filter: EventFilter;
  readonly last: number;
}

async function tailElsewhere(
  { given, output }: Call,
  service: ServiceApi,
  { filter, last }: Wanted,
): Promise<void> {
  const tell = (event: SeenEvent) => output.line(output.isJson ? eventLine(event) : eventText(event, output));
  const stopped = stopSignal();
  let after = positionGiven(given.text('after'));
  if (after === null) {
    const order = 'EVENT_ORDER_LATEST_FIRST';
    const listed = await listThere(service, { filter, order, cursor: null, limit: Math.max(1, last) });
    if (last > 0) for (const event of listed.events.toReversed()) await tell(event);
    after = listed.head;
  }
  for await (const event of tailThere(service, { filter, after, stopped })) await tell(event);
}

/** Where the last so many that pass begin. */
function placeBefore(log: ReadLog, filter: EventFilter, last: number): number {
  let place = log.head();
  let found = 0;
  if (last === 0) return place;
  for (const row of log.before(place + 1)) {
    if (!filter.passes(row)) continue;
    found += 1;
    place = row.position - 1;
    if (found === last) break;
  }
  return found === 0 ? log.head() : place;
}

interface Following {
  readonly log: ReadLog;
  readonly filter: EventFilter;
  readonly output: Output;
  readonly stopped: AbortSignal;
}

async function follow(following: Following, after: number): Promise<void> {
  const { stopped } = following;
  let at = after;
  while (!stopped.aborted) {
    at = await printNew(following, at);
    await delay(everyMs, undefined, { signal: stopped }).catch(() => undefined);
  }
}

/** Answers how far it came. */
async function printNew({ log, filter, output, stopped }: Following, after: number): Promise<number> {
  let at = after;
  for (const row of log.after(after)) {
    if (stopped.aborted) break;
    at = row.position;
    if (filter.passes(row)) await output.line(output.isJson ? eventLine(row) : eventText(row, output));
  }
  return at;
}
