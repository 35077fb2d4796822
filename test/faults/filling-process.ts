// Makes a large log, tells when it is there, and appends until it is killed.

import { randomUUID } from 'node:crypto';

import type { NewEvent } from '#event-log/event-log.js';
import { eventsPerAppendMax } from '#event-log/limits.js';
import { SqliteEventLog } from '#event-log-sqlite/sqlite-event-log.js';

const [directory = '', count = ''] = process.argv.slice(2);
const writersWhileFilling = 4;
const writersAfterwards = 64;

const log = await SqliteEventLog.open({ directory });

const newEvent = (): NewEvent => ({
  id: randomUUID(),
  // Of no noun of ours: rows are not made of it, and what is measured is the log.
  type: 'load.checked',
  data: { factorId: '0198f3a2-6f1e-7c3a-9d11-5b0c7a9e4f21', step: 58_912_345, purpose: 'login' },
  metadata: { time: '2026-01-02T03:04:05.678Z', editor: 'user-1', callId: '01JGFJJZ008C4BVN2VQ3Z9T0RE' },
});

const newEvents = (length: number) => Array.from({ length }, newEvent);

async function appendTo(stream: string, events: readonly NewEvent[]): Promise<void> {
  await log.append(stream, events, 'no-stream');
}

let filled = 0;

async function fill(): Promise<void> {
  while (filled < Number(count)) {
    filled += eventsPerAppendMax;
    await appendTo(`load-${filled}`, newEvents(eventsPerAppendMax));
  }
}

async function goOn(): Promise<never> {
  for (;;) await appendTo(`load-${randomUUID()}`, newEvents(1));
}

await Promise.all(Array.from({ length: writersWhileFilling }, fill));
process.stdout.write('filled\n');
await Promise.all(Array.from({ length: writersAfterwards }, goOn));
