import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';

import { corrupt, unavailable } from '#event-log/errors.js';
import { type EventLog, logStart, type Position } from '#event-log/event-log.js';
import { InMemoryEventLog } from '#event-log/in-memory.js';
import { type LookedAtRows, Readiness } from '#server/readiness.js';

function readinessOf(
  eventLog: EventLog,
  rows?: LookedAtRows,
): { readonly readiness: Readiness; readonly lines: string[] } {
  const lines: string[] = [];
  const log = pino({ base: null, timestamp: false }, { write: (line: string) => lines.push(line) });
  return { readiness: new Readiness(eventLog, log, rows), lines };
}

/** The reference, except for how it answers for its head. */
function logWithHead(head: EventLog['head']): EventLog {
  return Object.assign(new InMemoryEventLog(), { head });
}

describe('readiness', () => {
  it('is there when the event log answers', async () => {
    expect(await readinessOf(new InMemoryEventLog()).readiness.look()).toEqual({ status: 'ready' });
  });

  it.each([
    ['event-log-unavailable', logWithHead(() => Promise.reject(unavailable('secret host')))],
    ['event-log-unavailable', logWithHead(() => Promise.reject(new Error('secret host')))],
    ['event-log-damaged', logWithHead(() => Promise.reject(corrupt(null, 'secret path')))],
    ['event-log-slow', logWithHead(() => new Promise(() => undefined))],
  ])('is not there, for a reason that tells no cause: %s', async (reason, log) => {
    expect(await readinessOf(log).readiness.look()).toEqual({ status: 'not-ready', reason });
  });

  it.each([
    ['read-models-unavailable', { isCaughtUp: true, look: () => Promise.reject(new Error('secret host')) }],
    ['read-models-slow', { isCaughtUp: true, look: () => new Promise<void>(() => undefined) }],
    ['starting', { isCaughtUp: false, look: () => Promise.resolve() }],
  ])('is not there while rows are not: %s', async (reason, rows) => {
    const { readiness } = readinessOf(new InMemoryEventLog(), rows);
    expect(await readiness.look()).toEqual({ status: 'not-ready', reason });
    const away = readinessOf(
      logWithHead(() => Promise.reject(unavailable('away'))),
      rows,
    );
    expect(await away.readiness.look()).toMatchObject({ reason: 'event-log-unavailable' });
  });

  it('comes and goes with the event log, with a line for each change and not for each question', async () => {
    let answer: () => Promise<Position> = () => Promise.reject(unavailable('away'));
    const { readiness, lines } = readinessOf(logWithHead(() => answer()));
    await readiness.look();
    await readiness.look();
    answer = async () => logStart;
    await readiness.look();
    await readiness.look();
    answer = () => Promise.reject(corrupt(null, 'damaged'));
    await readiness.look();
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { msg: 'not ready', reason: 'event-log-unavailable' },
      { msg: 'ready' },
      { msg: 'not ready', reason: 'event-log-damaged' },
    ]);
  });

  it('is over for good once the end has begun', async () => {
    const { readiness } = readinessOf(new InMemoryEventLog());
    readiness.stop();
    expect(await readiness.look()).toEqual({ status: 'not-ready', reason: 'stopping' });
  });

  it('asks the event log once for all who ask at the same time', async () => {
    let asked = 0;
    const log = logWithHead(async () => {
      asked += 1;
      return logStart;
    });
    const { readiness } = readinessOf(log);
    await Promise.all(Array.from({ length: 100 }, () => readiness.look()));
    expect(asked).toBe(1);
    await readiness.look();
    expect(asked).toBe(2);
  });
});
