// Whatever the server does to an append: exactly one, none refused that was written, none written twice.

import { describe, expect, it } from '@jest/globals';

import { failureOf, freshStream, sample, samples, streamOf } from '#event-log/contract/samples.js';
import type { EventLog, ExpectedRevision } from '#event-log/event-log.js';
import type { AppendFault, FaultRule } from '#event-log-eventstoredb/testing/faults.js';
import { logHarness, testTimings } from '#event-log-eventstoredb/testing/log-harness.js';
import type { TestNode } from '#event-log-eventstoredb/testing/test-server.js';

const harness = logHarness();

describe('an append that meets one fault is written exactly once and acknowledged', () => {
  const faults: AppendFault[] = [
    'silent',
    'silent-after-write',
    'late-reply',
    'duplicate-reply',
    'wrong-version-after-write',
    'not-leader',
    'unavailable',
    'unavailable-after-write',
    'drop',
    'drop-after-write',
    'timeout',
    'timeout-after-write',
    'not-ready',
    'no-position',
  ];
  it.each(faults)('%s', async (action) => {
    const { node, log } = await harness.both();
    const stream = freshStream();
    const appends = [
      { events: samples(2), expected: 'no-stream', revision: 1 },
      { events: samples(3), expected: 1, revision: 4 },
      { events: samples(1), expected: 'exists', revision: 5 },
    ] as const;
    for (const { events, expected, revision } of appends) {
      await node.fault({ on: 'append', action, times: 1, delayMs: 600 });
      const result = await log.append(stream, events, expected);
      const stored = await streamOf(log, stream);
      expect(result).toEqual({ revision, position: stored.at(-1)?.position });
    }
    const ids = appends.flatMap(({ events }) => events.map((event) => event.id));
    expect((await node.stored(stream)).map((event) => event.id)).toEqual(ids);
  });
});

describe('an append whose outcome cannot be found out', () => {
  it.each(['silent', 'silent-after-write', 'unavailable', 'timeout-after-write'] as const)(
    'is told so when every attempt meets %s, and the same call later answers as the first would have',
    async (action) => {
      const { node, log } = await harness.both({ timings: { ...testTimings, appendTotalMs: 600 } });
      const stream = freshStream();
      await log.append(stream, samples(1), 'no-stream');
      const events = samples(2);
      await node.fault({ on: 'append', action });
      expect((await failureOf(log.append(stream, events, 0))).code).toBe('outcome-unknown');
      await node.tell('clearFaults');
      expect((await log.append(stream, events, 0)).revision).toBe(2);
      expect(await node.stored(stream)).toHaveLength(3);
    },
  );

  it('is a conflict, and certain, when another append came first meanwhile', async () => {
    // Long enough that the other append comes before the second attempt, also on a busy machine.
    const { node, log } = await harness.both({ timings: { ...testTimings, appendAttemptMs: 2_000 } });
    const stream = freshStream();
    const other = await harness.open(node);
    await node.fault({ on: 'append', action: 'silent', times: 1 });
    const losing = failureOf(log.append(stream, samples(1), 'no-stream'));
    await appendAt(node, other, stream);
    expect(await losing).toMatchObject({ code: 'version-conflict', actual: 0 });
    expect(await node.stored(stream)).toHaveLength(1);
  });
});

describe('an append that the server refuses', () => {
  it('for want of permission is unavailable and writes nothing', async () => {
    const { node, log } = await harness.both();
    const stream = freshStream();
    await node.fault({ on: 'append', action: 'access-denied' });
    expect((await failureOf(log.append(stream, samples(1), 'no-stream'))).code).toBe('unavailable');
    expect(await node.stored(stream)).toEqual([]);
  });

  it('for a limit that is lower than the port\u2019s is too large, with that limit', async () => {
    const { node, log } = await harness.both();
    await node.fault({ on: 'append', action: 'too-large' });
    const failure = await failureOf(
      log.append(freshStream(), [sample({ text: 'x'.repeat(2_000) })], 'no-stream'),
    );
    expect(failure).toMatchObject({ code: 'too-large', limit: 'append-bytes', maximum: 1_024 });
  });

  it('since the stream was deleted for ever is corrupt: nobody of ours does that', async () => {
    const { node, log } = await harness.both();
    const stream = freshStream();
    await log.append(stream, samples(1), 'no-stream');
    await node.tell('deleteStream', stream, true);
    expect((await failureOf(log.append(stream, samples(1), 0))).code).toBe('corrupt');
    const reading = log.readStream(stream, { direction: 'forward', from: 0, limit: 1 });
    expect((await failureOf(reading)).code).toBe('corrupt');
  });
});

describe('appends by the hundred', () => {
  const lossy: FaultRule[] = [
    { on: 'append', action: 'unavailable-after-write', chance: 0.05 },
    { on: 'append', action: 'drop-after-write', chance: 0.04 },
    { on: 'append', action: 'silent-after-write', chance: 0.03 },
    { on: 'append', action: 'wrong-version-after-write', chance: 0.05 },
    { on: 'append', action: 'timeout-after-write', chance: 0.05 },
    { on: 'append', action: 'silent', chance: 0.02 },
    { on: 'append', action: 'no-position', chance: 0.05 },
    { on: 'append', action: 'duplicate-reply', chance: 0.01, delayMs: 5 },
  ];

  it('whose answers get lost at random are each written exactly once', async () => {
    const seed = Number(process.env.COUNTERSIGN_TEST_SEED ?? Date.now() % 1_000_000);
    process.stdout.write(`COUNTERSIGN_TEST_SEED=${seed}\n`);
    const { node, log } = await harness.both();
    for (const [index, rule] of lossy.entries()) await node.fault({ ...rule, seed: seed + index });
    const streams = Array.from({ length: 20 }, () => freshStream('lossy'));
    const written = await Promise.all(streams.map((stream) => appendTen(log, stream)));
    const stored = await node.stored('lossy');
    expect(stored).toHaveLength(200);
    const idsOf = (stream: string) =>
      stored.filter((event) => event.stream === stream).map((event) => event.id);
    expect(streams.map(idsOf)).toEqual(written);
  });

  it('that expect only that the stream exists, and lose their answers, are each written exactly once', async () => {
    const { node, log } = await harness.both();
    const stream = freshStream();
    await log.append(stream, samples(1), 'no-stream');
    await node.fault({ on: 'append', action: 'unavailable-after-write', chance: 0.3, seed: 7, times: 12 });
    const events = samples(24);
    const results = await Promise.all(events.map((event) => log.append(stream, [event], 'exists')));
    const stored = (await node.stored(stream)).slice(1);
    expect(stored.map((event) => event.id).sort()).toEqual(events.map((event) => event.id).sort());
    expect(results.map(({ revision }) => stored[revision - 1]?.id)).toEqual(events.map((event) => event.id));
  });

  it('under way when an answer comes twice, which kills the client, are each written exactly once', async () => {
    const deaths: string[] = [];
    const { node, log } = await harness.both({ onRestart: (reason) => deaths.push(reason) });
    const stream = freshStream();
    await log.append(stream, samples(1), 'no-stream');
    await node.fault({ on: 'append', action: 'duplicate-reply', times: 1, skip: 20 });
    const streams = Array.from({ length: 16 }, () => freshStream('deadly'));
    const written = await Promise.all(streams.map((name) => appendTen(log, name)));
    const stored = await node.stored('deadly');
    expect(
      streams.map((name) => stored.filter((event) => event.stream === name).map(({ id }) => id)),
    ).toEqual(written);
    expect(deaths).toHaveLength(1);
  });
});

describe('an append whose connection goes dead without a word', () => {
  it('is made again on another, and written exactly once', async () => {
    // No probe ends in this time: the append itself has to find out that nobody answers.
    const { node, log, proxy } = await harness.withProxy({ probeMs: 20_000, appendTotalMs: 4_000 });
    const stream = freshStream();
    await log.append(stream, samples(1), 'no-stream');
    proxy.freeze();
    expect((await log.append(stream, samples(2), 0)).revision).toBe(2);
    expect(await node.stored(stream)).toHaveLength(3);
  });
});

describe('three hundred appends at once', () => {
  it('when the connection breaks under them are each written exactly once, and the client lives', async () => {
    const deaths: string[] = [];
    // Six megabytes on a busy machine: none of them is to be given up for being slow.
    const timings = { ...testTimings, appendAttemptMs: 5_000, appendTotalMs: 30_000 };
    const { node, log } = await harness.both({ timings, onRestart: (reason) => deaths.push(reason) });
    await node.fault({ on: 'append', action: 'drop-after-write', skip: 40, times: 1 });
    const appends = Array.from(
      { length: 300 },
      () => [freshStream('many'), sample({ text: 'x'.repeat(20_000) })] as const,
    );
    const results = await Promise.all(
      appends.map(([stream, event]) => log.append(stream, [event], 'no-stream')),
    );
    expect(results.every(({ revision }) => revision === 0)).toBe(true);
    const stored = await node.stored('many');
    expect(stored.map(({ id }) => id).sort()).toEqual(appends.map(([, { id }]) => id).sort());
    expect(deaths).toEqual([]);
  });
});

describe('a server whose clock is ahead', () => {
  it.each([
    ['an hour', 3_600_000],
    ['three hundred days', 300 * 86_400_000],
  ])('by %s finds no append late', async (_name, milliseconds) => {
    const { node, log } = await harness.both();
    await node.tell('setClockAhead', milliseconds);
    const receivedFor = async (appends: number): Promise<number> => {
      const before = (await node.tell('counters')).appendsReceived;
      for (let count = 0; count < appends; count += 1)
        await log.append(freshStream(), samples(1), 'no-stream');
      return (await node.tell('counters')).appendsReceived - before;
    };
    // A busy machine may be late with one of them; by the clock all would be.
    expect(await receivedFor(5)).toBeLessThan(10);
  });
});

describe('what is stored', () => {
  const awkward = JSON.parse(
    '{"__proto__":{"a":1},"constructor":null,"2":2,"1":1,"":"","toJSON":0,"text":"\\ud83d\\udd11 \\ud800 \\u2028","n":[1e21,-0.5,9007199254740991]}',
  );

  it('is the text of the event, byte for byte, as JSON for other tools', async () => {
    const { node, log } = await harness.both();
    const stream = freshStream();
    const event = { ...sample(awkward), metadata: { ...awkward, time: '2026-01-02T03:04:05.678Z' } };
    await log.append(stream, [event], 'no-stream');
    expect(await node.stored(stream)).toMatchObject([
      {
        contentType: 'application/json',
        data: JSON.stringify(event.data),
        metadata: JSON.stringify(event.metadata),
      },
    ]);
  });
});

async function appendTen(log: EventLog, stream: string): Promise<string[]> {
  const events = samples(10);
  for (const [index, event] of events.entries()) {
    const expected: ExpectedRevision = index === 0 ? 'no-stream' : index - 1;
    expect((await log.append(stream, [event], expected)).revision).toBe(index);
  }
  return events.map((event) => event.id);
}

/** Once the losing append is under way, so that the fault strikes it and not this one. */
async function appendAt(node: TestNode, log: EventLog, stream: string): Promise<void> {
  while ((await node.tell('counters')).appendsReceived === 0) await new Promise(setImmediate);
  await log.append(stream, samples(1), 'no-stream');
}
