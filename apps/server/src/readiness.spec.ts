import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';

import { corrupt, unavailable } from '#event-log/errors.js';
import { type EventLog, logStart } from '#event-log/event-log.js';
import { InMemoryEventLog } from '#event-log/in-memory.js';
import { Readiness } from '#server/readiness.js';

function readinessOf(current: () => EventLog | undefined): {
  readonly readiness: Readiness;
  readonly lines: string[];
} {
  const lines: string[] = [];
  const log = pino({ base: null, timestamp: false }, { write: (line: string) => lines.push(line) });
  return { readiness: new Readiness({ current, close: async () => undefined }, log), lines };
}

/** The reference, except for how it answers for its head. */
function logWithHead(head: EventLog['head']): EventLog {
  return Object.assign(new InMemoryEventLog(), { head });
}

describe('readiness', () => {
  it('is there when the event log answers', async () => {
    const log = new InMemoryEventLog();
    expect(await readinessOf(() => log).readiness.look()).toEqual({ status: 'ready' });
  });

  it.each([
    ['starting', undefined],
    ['event-log-unavailable', logWithHead(() => Promise.reject(unavailable('secret host')))],
    ['event-log-unavailable', logWithHead(() => Promise.reject(new Error('secret host')))],
    ['event-log-damaged', logWithHead(() => Promise.reject(corrupt(null, 'secret path')))],
    ['event-log-slow', logWithHead(() => new Promise(() => undefined))],
  ])('is not there, for a reason that tells no cause: %s', async (reason, log) => {
    expect(await readinessOf(() => log).readiness.look()).toEqual({ status: 'not-ready', reason });
  });

  it('comes when the event log comes, and goes when it goes', async () => {
    let current: EventLog | undefined;
    const { readiness, lines } = readinessOf(() => current);
    const first = await readiness.look();
    current = new InMemoryEventLog();
    const second = await readiness.look();
    await current.close();
    const third = await readiness.look();
    expect([first, second, third].map((state) => ('reason' in state ? state.reason : state.status))).toEqual([
      'starting',
      'ready',
      'event-log-unavailable',
    ]);
    expect(lines).toHaveLength(3);
  });

  it('is over for good once the end has begun', async () => {
    const { readiness } = readinessOf(() => new InMemoryEventLog());
    readiness.stop();
    expect(await readiness.look()).toEqual({ status: 'not-ready', reason: 'stopping' });
  });

  it('asks the event log once for all who ask at the same time', async () => {
    let asked = 0;
    const log = logWithHead(async () => {
      asked += 1;
      return logStart;
    });
    const { readiness } = readinessOf(() => log);
    await Promise.all(Array.from({ length: 100 }, () => readiness.look()));
    expect(asked).toBe(1);
    await readiness.look();
    expect(asked).toBe(2);
  });

  it('writes a line for each change and not for each question', async () => {
    const { readiness, lines } = readinessOf(() => undefined);
    for (let count = 0; count < 5; count += 1) await readiness.look();
    expect(lines).toEqual([expect.stringContaining('"reason":"starting"')]);
  });
});
