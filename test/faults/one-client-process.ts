// One client on a disk that fails: it sends each append until it is acknowledged or its patience ends,
// always with the same ids, reads after each answer, and tells everything as lines of JSON.

import { setTimeout as delay } from 'node:timers/promises';

import { EventLogError } from '#event-log/errors.js';
import type { NewEvent } from '#event-log/event-log.js';
import { SqliteEventLog } from '#event-log-sqlite/sqlite-event-log.js';
import type { ClientOrder, ClientReport } from '#test/faults/one-client.js';

const order = JSON.parse(process.argv[2] ?? '') as ClientOrder;
const timeoutMs = 3_000;
const pauseMs = 20;

function tell(report: ClientReport): void {
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

const log = await SqliteEventLog.open({
  directory: order.directory,
  timeoutMs,
  onTrouble: (text) => tell({ kind: 'trouble', text }),
});
tell({ kind: 'opened' });
let revision = -1;
for (let count = 0; count < order.appends; count += 1) {
  if (!(await appendUntilAcknowledged(count))) break;
}
await log.close();
tell({ kind: 'closed' });

async function appendUntilAcknowledged(count: number): Promise<boolean> {
  const events = Array.from({ length: 1 + (count % 3) }, (_, index) => eventOf(count, index));
  const deadline = performance.now() + order.patienceMs;
  for (;;) {
    const appending = append(count, events);
    if (order.readsWhileAppending === true) await readUntil(appending);
    const answer = await appending;
    if (order.neverReads !== true) await read();
    if (answer === 'acknowledged') return true;
    if (performance.now() > deadline) return false;
    await delay(pauseMs);
  }
}

async function readUntil(end: Promise<unknown>): Promise<void> {
  let ended = false;
  const noting = end.then(() => {
    ended = true;
  });
  while (!ended) await read();
  await noting;
}

async function read(): Promise<void> {
  const started = performance.now();
  const answer = await answerTo(readLast());
  tell({ kind: 'read', answer, milliseconds: performance.now() - started });
}

async function append(count: number, events: readonly NewEvent[]): Promise<string> {
  const ids = events.map((event) => event.id);
  const started = performance.now();
  const answer = await answerTo(
    log.append('user-1', events, revision < 0 ? 'no-stream' : revision).then((result) => {
      revision = result.revision;
      tell({ kind: 'acknowledged', ids, ...result, milliseconds: performance.now() - started });
      return 'acknowledged';
    }),
  );
  if (answer !== 'acknowledged') tell({ kind: 'refused', count, code: answer });
  return answer;
}

async function readLast(): Promise<string> {
  await log.readAll({ direction: 'backward', before: 'end', limit: 3 });
  return 'answered';
}

/** The answer, or the code with which it was refused. */
async function answerTo(promise: Promise<string>): Promise<string> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof EventLogError) return error.code;
    throw error;
  }
}

function eventOf(count: number, index: number): NewEvent {
  const id = `00000000-0000-4000-8000-${String(count * 10 + index).padStart(12, '0')}`;
  const data = { count, text: 'x'.repeat(order.bytes) };
  return { id, type: 'user.added', data, metadata: { time: '2026-01-02T03:04:05.678Z' } };
}
