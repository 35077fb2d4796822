import { expect } from '@jest/globals';

import type { Claim } from '#event-log/contract/engine.js';
import { failureOf, freshStream, sample, samples, streamOf } from '#event-log/contract/samples.js';
import { EventLogError } from '#event-log/errors.js';
import type { ExpectedRevision } from '#event-log/event-log.js';
import { appendBytesMax, eventBytesMax, eventsPerAppendMax } from '#event-log/limits.js';

interface Cell {
  readonly expected: ExpectedRevision;
  /** How many events the stream holds before. */
  readonly actual: 0 | 1 | 3;
  readonly outcome: 'written' | { readonly conflictAt: number | 'no-stream' };
}

/** Every expected × every actual, with ids that the stream does not hold. */
const cells: readonly Cell[] = [
  { expected: 'no-stream', actual: 0, outcome: 'written' },
  { expected: 'no-stream', actual: 1, outcome: { conflictAt: 0 } },
  { expected: 'no-stream', actual: 3, outcome: { conflictAt: 2 } },
  { expected: 'exists', actual: 0, outcome: { conflictAt: 'no-stream' } },
  { expected: 'exists', actual: 1, outcome: 'written' },
  { expected: 'exists', actual: 3, outcome: 'written' },
  { expected: 0, actual: 0, outcome: { conflictAt: 'no-stream' } },
  { expected: 0, actual: 1, outcome: 'written' },
  { expected: 0, actual: 3, outcome: { conflictAt: 2 } },
  { expected: 2, actual: 0, outcome: { conflictAt: 'no-stream' } },
  { expected: 2, actual: 1, outcome: { conflictAt: 0 } },
  { expected: 2, actual: 3, outcome: 'written' },
  { expected: 7, actual: 0, outcome: { conflictAt: 'no-stream' } },
  { expected: 7, actual: 1, outcome: { conflictAt: 0 } },
  { expected: 7, actual: 3, outcome: { conflictAt: 2 } },
];

export function appendClaims(claim: Claim): void {
  for (const cell of cells) expectedTimesActual(claim, cell);
  idempotence(claim);
  races(claim);
  sizes(claim);
  misuse(claim);
}

function expectedTimesActual(claim: Claim, { expected, actual, outcome }: Cell): void {
  const title = `an append that expects ${expected} at a stream of ${actual} events`;
  if (outcome === 'written') {
    claim(`${title} is written`, async ({ log }) => {
      const stream = freshStream();
      if (actual > 0) await log.append(stream, samples(actual), 'no-stream');
      const added = samples(2);
      const result = await log.append(stream, added, expected);
      expect(result.revision).toBe(actual + 1);
      const stored = await streamOf(log, stream);
      expect(stored.slice(actual).map((event) => event.id)).toEqual(added.map((event) => event.id));
      expect(stored.map((event) => event.revision)).toEqual(stored.map((_, index) => index));
      expect(stored.at(-1)?.position).toBe(result.position);
    });
    return;
  }
  claim(`${title} conflicts, says ${outcome.conflictAt}, and writes nothing`, async ({ log }) => {
    const stream = freshStream();
    if (actual > 0) await log.append(stream, samples(actual), 'no-stream');
    const before = await log.head();
    const failure = await failureOf(log.append(stream, samples(2), expected));
    expect(failure).toEqual({ code: 'version-conflict', stream, expected, actual: outcome.conflictAt });
    expect(await streamOf(log, stream)).toHaveLength(actual);
    expect(await log.head()).toBe(before);
  });
}

function idempotence(claim: Claim): void {
  for (const expected of ['no-stream', 'exists', 1] as const) {
    claim(`the same ids at ${expected} again answer as the first time and write nothing`, async ({ log }) => {
      const stream = freshStream();
      if (expected !== 'no-stream') await log.append(stream, samples(2), 'no-stream');
      const events = samples(3);
      const first = await log.append(stream, events, expected);
      await log.append(stream, samples(1), first.revision);
      expect(await log.append(stream, events, expected)).toEqual(first);
      expect(await streamOf(log, stream)).toHaveLength(first.revision + 2);
    });
  }

  claim('the same ids are recognised after the log was opened again', async (under) => {
    const stream = freshStream();
    const events = samples(2);
    const first = await under.log.append(stream, events, 'no-stream');
    const log = await under.reopen();
    expect(await log.append(stream, events, 'no-stream')).toEqual(first);
  });

  claim('the same ids in another order, or only some of them, are a conflict', async ({ log }) => {
    const stream = freshStream();
    const [a, b, c] = samples(3) as [ReturnType<typeof sample>, ReturnType<typeof sample>, never];
    await log.append(stream, [a, b], 'no-stream');
    for (const events of [[b, a], [a, b, c], [b]]) {
      expect(await failureOf(log.append(stream, events, 'no-stream'))).toMatchObject({
        code: 'version-conflict',
        actual: 1,
      });
    }
    expect(await streamOf(log, stream)).toHaveLength(2);
  });

  claim('the same id in another stream is another event', async ({ log }) => {
    const event = sample();
    const streams = [freshStream(), freshStream()] as const;
    const first = await log.append(streams[0], [event], 'no-stream');
    const second = await log.append(streams[1], [event], 'no-stream');
    expect(second.position > first.position).toBe(true);
    expect(await streamOf(log, streams[1])).toHaveLength(1);
  });

  claim('sixty-four equal appends at once become exactly one', async ({ log }) => {
    const stream = freshStream();
    const events = samples(2);
    const results = await Promise.all(
      Array.from({ length: 64 }, () => log.append(stream, events, 'no-stream')),
    );
    expect(new Set(results.map((result) => `${result.revision} ${result.position}`)).size).toBe(1);
    expect(await streamOf(log, stream)).toHaveLength(2);
  });
}

function races(claim: Claim): void {
  claim('of sixty-four appends at one revision exactly one wins', async ({ log }) => {
    const stream = freshStream();
    await log.append(stream, samples(1), 'no-stream');
    const attempts = Array.from({ length: 64 }, () => sample());
    const outcomes = await Promise.allSettled(attempts.map((event) => log.append(stream, [event], 0)));
    const winners = outcomes.flatMap((outcome, index) => (outcome.status === 'fulfilled' ? [index] : []));
    expect(winners).toHaveLength(1);
    const losers = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(losers.every((error) => error instanceof EventLogError && error.code === 'version-conflict')).toBe(
      true,
    );
    const stored = await streamOf(log, stream);
    expect(stored.map((event) => event.id).slice(1)).toEqual([attempts[winners[0] as number]?.id]);
  });

  claim('of sixty-four creations of one stream exactly one wins', async ({ log }) => {
    const stream = freshStream();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 64 }, () => log.append(stream, samples(2), 'no-stream')),
    );
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
    expect(await streamOf(log, stream)).toHaveLength(2);
  });

  claim('appends to one stream sent without waiting are all written in the order sent', async ({ log }) => {
    const stream = freshStream();
    const events = samples(50);
    await Promise.all(
      events.map((event, index) => log.append(stream, [event], index === 0 ? 'no-stream' : index - 1)),
    );
    expect((await streamOf(log, stream)).map((event) => event.id)).toEqual(events.map((event) => event.id));
  });
}

function sizes(claim: Claim): void {
  claim('an append of the largest size, count and event is written whole', async ({ log }) => {
    const stream = freshStream();
    const half = eventBytesMax - 200;
    await log.append(
      stream,
      [sample({ text: 'x'.repeat(half) }), sample({ text: 'y'.repeat(half) })],
      'no-stream',
    );
    const result = await log.append(stream, samples(eventsPerAppendMax), 1);
    expect(result.revision).toBe(eventsPerAppendMax + 1);
    const [first] = await streamOf(log, stream);
    expect(first?.data).toEqual({ text: 'x'.repeat(half) });
  });

  const oversized = [
    ['event-bytes', eventBytesMax, () => [sample({ text: 'x'.repeat(eventBytesMax) })]],
    [
      'append-bytes',
      appendBytesMax,
      () => samples(3).map((event) => ({ ...event, data: { text: 'x'.repeat(400_000) } })),
    ],
    ['events', eventsPerAppendMax, () => samples(eventsPerAppendMax + 1)],
  ] as const;
  for (const [limit, maximum, events] of oversized) {
    claim(
      `an append over the limit of ${limit} is refused as too large and writes nothing`,
      async ({ log }) => {
        const stream = freshStream();
        const failure = await failureOf(log.append(stream, events(), 'no-stream'));
        expect(failure).toMatchObject({ code: 'too-large', limit, maximum });
        expect(await log.readStream(stream, { direction: 'forward', from: 0, limit: 1 })).toEqual({
          status: 'unknown',
        });
      },
    );
  }

  claim('the limit counts bytes, not characters', async ({ log }) => {
    const events = [sample({ text: '\u20ac'.repeat(eventBytesMax / 2) })];
    expect(await failureOf(log.append(freshStream(), events, 'no-stream'))).toMatchObject({
      code: 'too-large',
    });
  });
}

function misuse(claim: Claim): void {
  claim('misuse is a TypeError that names the field, and writes nothing', async ({ log }) => {
    const stream = freshStream();
    const event = sample();
    const bad: [string, Promise<unknown>][] = [
      ['stream', log.append('', [event], 'no-stream')],
      ['stream', log.append('$all', [event], 'no-stream')],
      ['stream', log.append('n\u00e4me', [event], 'no-stream')],
      ['type', log.append(stream, [{ ...event, type: 'with space' }], 'no-stream')],
      ['id', log.append(stream, [{ ...event, id: 'one' }], 'no-stream')],
      ['same id', log.append(stream, [event, event], 'no-stream')],
      ['time', log.append(stream, [{ ...event, metadata: { time: 'now' } }], 'no-stream')],
      ['at least one', log.append(stream, [], 'no-stream')],
      ['expected', log.append(stream, [event], -1)],
      ['expected', log.append(stream, [event], 0.5)],
    ];
    for (const [field, promise] of bad) {
      await expect(promise).rejects.toThrow(TypeError);
      await expect(promise).rejects.toThrow(field);
    }
    expect(await streamOf(log, stream)).toEqual([]);
  });
}
