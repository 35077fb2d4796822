// A process that types letters into streams, by the loop that every command goes through.

import { randomUUID } from 'node:crypto';

import { type Execution, Executor } from '#application/execute.js';
import { UsedKeys } from '#application/idempotency.js';
import { Streams } from '#application/streams.js';
import { letters } from '#application/testing/letters.js';
import { type Decision, reject } from '#domain/decider.js';
import type { Instant } from '#domain/ids.js';
import type { EventLog } from '#event-log/event-log.js';
import { eventsPerReadMax } from '#event-log/limits.js';

export const stream = 'text-1';
export const by = { editor: 'typist', callId: 'call', traceId: null };

type Typing = Execution<string, string, string, string>;

/** What was decided on, each time it was decided, in order. */
export interface Typist {
  readonly streams: Streams<string, string>;
  readonly clock: { now: Instant };
  readonly seen: string[];
  run(decide: Typing['decide'], chosen?: Partial<Typing>): ReturnType<Executor<string, string>['execute']>;
}

export function typist(log: EventLog, { soleWriter = true } = {}): Typist {
  const streams = new Streams({ log, kind: letters, entriesMax: 100, snapshots: null, soleWriter });
  const clock = { now: Date.UTC(2030, 0, 1) };
  const commands = new Executor({
    log,
    streams,
    kind: letters,
    newId: () => randomUUID(),
    clock: () => clock.now,
    usedKeys: new UsedKeys(),
  });
  const seen: string[] = [];
  const run: Typist['run'] = (decide, chosen) =>
    commands.execute({
      stream,
      by,
      resourceOwner: 'acme',
      decide: (state, now) => {
        seen.push(state);
        return decide(state, now);
      },
      recall: ({ events }) => ({ kind: 'accepted', answer: events.join('') }),
      ...chosen,
    });
  return { streams, clock, seen, run };
}

/** Types the letters, and answers what it saw. */
export const type =
  (text: string) =>
  (state: string): Decision<string, string, string> => ({
    events: [...text],
    outcome: { kind: 'accepted', answer: state },
  });

/** Refuses, and says what it saw. */
export const refuse = (state: string) => reject(`saw ${state}`);

export async function eventsIn(log: EventLog, of = stream) {
  const page = await log.readStream(of, { direction: 'forward', from: 0, limit: eventsPerReadMax });
  return page.status === 'unknown' ? [] : page.events;
}

export const textIn = async (log: EventLog, of = stream) =>
  (await eventsIn(log, of)).map((event) => letters.decode(event)).join('');
