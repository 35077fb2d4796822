import { expect } from '@jest/globals';

import type { Claim } from '#event-log/contract/engine.js';
import { allAfter, freshStream, sample, samples, streamOf } from '#event-log/contract/samples.js';
import type { JsonObject, Position } from '#event-log/event-log.js';
import { logStart } from '#event-log/event-log.js';
import { eventsPerReadMax } from '#event-log/limits.js';

export function readClaims(claim: Claim): void {
  contents(claim);
  streams(claim);
  all(claim);
}

const awkward: JsonObject = {
  text: 'ünïcödé \u{1F511} \u0000 \u2028 \\ " \n',
  loneSurrogate: '\ud800',
  '': 'an empty name',
  proto: JSON.parse('{"__proto__": {"a": 1}, "constructor": null}'),
  nested: [[[{ deep: [1, -0.5, 1e21, true, false, null, [], {}] }]]],
  number: 9_007_199_254_740_991,
};

function contents(claim: Claim): void {
  claim('unicode, nested and awkward payloads come back byte for byte', async ({ log }) => {
    const stream = freshStream();
    const event = { ...sample(awkward), metadata: { ...awkward, time: '2020-02-29T23:59:59.999Z' } };
    await log.append(stream, [event], 'no-stream');
    const [stored] = await streamOf(log, stream);
    expect(JSON.stringify(stored?.data)).toBe(JSON.stringify(event.data));
    expect(JSON.stringify(stored?.metadata)).toBe(JSON.stringify(event.metadata));
    expect(stored).toMatchObject({ id: event.id, type: event.type, stream, revision: 0 });
  });

  claim(
    'the time of an event is the one in its metadata, whatever the clock of the engine',
    async ({ log }) => {
      const stream = freshStream();
      const times = ['2099-12-31T00:00:00.000Z', '1999-01-01T00:00:00.001Z'];
      const events = times.map((time) => ({ ...sample(), metadata: { time } }));
      await log.append(stream, events, 'no-stream');
      expect((await streamOf(log, stream)).map((event) => event.metadata.time)).toEqual(times);
    },
  );

  claim('changing an event after appending or reading it changes nothing stored', async ({ log }) => {
    const stream = freshStream();
    const data = { list: [1] };
    await log.append(stream, [sample(data)], 'no-stream');
    data.list.push(2);
    const [read] = await streamOf(log, stream);
    (read?.data as { list: number[] } | undefined)?.list.push(3);
    expect((await streamOf(log, stream))[0]?.data).toEqual({ list: [1] });
  });
}

function streams(claim: Claim): void {
  claim('an unknown stream is told from one that holds nothing in the range', async ({ log }) => {
    const stream = freshStream();
    const beyond = { direction: 'forward', from: 5, limit: 10 } as const;
    expect(await log.readStream(stream, beyond)).toEqual({ status: 'unknown' });
    expect(await log.readStream(stream, { direction: 'backward', from: 'end', limit: 1 })).toEqual({
      status: 'unknown',
    });
    await log.append(stream, samples(2), 'no-stream');
    expect(await log.readStream(stream, beyond)).toEqual({ status: 'found', events: [] });
  });

  const ranges = [
    ['forward', 0, 3, [0, 1, 2]],
    ['forward', 3, 10, [3, 4]],
    ['backward', 'end', 2, [4, 3]],
    ['backward', 1, 10, [1, 0]],
    ['backward', 99, 2, [4, 3]],
  ] as const;
  for (const [direction, from, limit, expected] of ranges) {
    claim(
      `reading ${direction} from ${from}, at most ${limit} of five, gives ${expected}`,
      async ({ log }) => {
        const stream = freshStream();
        await log.append(stream, samples(5), 'no-stream');
        const page = await log.readStream(stream, { direction, from, limit } as never);
        expect(page).toMatchObject({ status: 'found' });
        expect(page.status === 'found' && page.events.map((event) => event.revision)).toEqual(expected);
      },
    );
  }

  claim('a stream is not confused with one whose name begins alike', async ({ log }) => {
    const stream = freshStream();
    await log.append(`${stream}x`, samples(1), 'no-stream');
    expect(await streamOf(log, stream)).toEqual([]);
  });

  claim('a stream of more than one page is read whole', async ({ log }) => {
    const stream = freshStream();
    for (let at = 0; at < 5; at += 1) {
      await log.append(stream, samples(1_000), at === 0 ? 'no-stream' : at * 1_000 - 1);
    }
    const stored = await streamOf(log, stream);
    expect(stored.map((event) => event.revision)).toEqual(Array.from({ length: 5_000 }, (_, index) => index));
  });

  claim('a position that no log ever gave is a TypeError', async ({ log }) => {
    const after = 'garbage' as Position;
    await expect(log.readAll({ direction: 'forward', after, limit: 1 })).rejects.toThrow(TypeError);
    await expect(log.readAll({ direction: 'backward', before: after, limit: 1 })).rejects.toThrow(TypeError);
    expect(() => log.subscribe({ after })).toThrow(TypeError);
  });

  claim('a limit or a start out of bounds is a TypeError', async ({ log }) => {
    const stream = freshStream();
    for (const limit of [0, -1, 1.5, eventsPerReadMax + 1]) {
      await expect(log.readStream(stream, { direction: 'forward', from: 0, limit })).rejects.toThrow(
        TypeError,
      );
      await expect(log.readAll({ direction: 'forward', after: logStart, limit })).rejects.toThrow(TypeError);
    }
    await expect(log.readStream(stream, { direction: 'forward', from: -1, limit: 1 })).rejects.toThrow(
      'from',
    );
  });
}

function all(claim: Claim): void {
  claim(
    'positions rise over all streams, in the order of the appends, and events of one append stay together',
    async ({ log }) => {
      const start = await log.head();
      const streamNames = [freshStream(), freshStream(), freshStream()];
      for (const stream of streamNames) await log.append(stream, samples(3), 'no-stream');
      const events = (await allAfter(log, start)).filter((event) => streamNames.includes(event.stream));
      expect(events.map((event) => event.stream)).toEqual(streamNames.flatMap((name) => [name, name, name]));
      const positions = events.map((event) => event.position);
      expect(positions).toEqual([...new Set(positions)].sort());
    },
  );

  claim('reading all by pages of any size gives the same events', async ({ log }) => {
    const start = await log.head();
    await log.append(freshStream(), samples(23), 'no-stream');
    const whole = await allAfter(log, start);
    expect(whole.length).toBeGreaterThanOrEqual(23);
    for (const limit of [1, 7, 23]) expect(await allAfter(log, start, limit)).toEqual(whole);
  });

  claim('reading all backward mirrors reading it forward', async ({ log }) => {
    const stream = freshStream();
    const start = await log.head();
    await log.append(stream, samples(9), 'no-stream');
    const forward = (await allAfter(log, start)).filter((event) => event.stream === stream);
    const last = forward.at(-1)?.position as typeof start;
    const newest = await log.readAll({ direction: 'backward', before: 'end', limit: 50 });
    expect(newest.filter((event) => event.stream === stream)).toEqual([...forward].reverse());
    const before = await log.readAll({ direction: 'backward', before: last, limit: 8 });
    expect(before).toEqual(forward.slice(0, 8).reverse());
  });

  claim('nothing comes before the start, and nothing after the head', async ({ log }) => {
    await log.append(freshStream(), samples(1), 'no-stream');
    expect(await log.readAll({ direction: 'backward', before: logStart, limit: 5 })).toEqual([]);
    expect(await log.readAll({ direction: 'forward', after: await log.head(), limit: 5 })).toEqual([]);
  });

  claim(
    'an acknowledged append is at once in the stream, in all, and at or before the head',
    async ({ log }) => {
      const stream = freshStream();
      for (let revision = 0; revision < 20; revision += 1) {
        const start = await log.head();
        const { position } = await log.append(
          stream,
          samples(1),
          revision === 0 ? 'no-stream' : revision - 1,
        );
        expect(await streamOf(log, stream)).toHaveLength(revision + 1);
        expect((await allAfter(log, start)).map((event) => event.position)).toContain(position);
        expect((await log.head()) >= position).toBe(true);
      }
    },
  );

  claim('a torn append is never seen: readers find all of its events or none', async ({ log }) => {
    const stream = freshStream();
    let writing = true;
    const reading = (async () => {
      const lengths = new Set<number>();
      while (writing) lengths.add((await streamOf(log, stream)).length % 5);
      return [...lengths];
    })();
    for (let at = 0; at < 30; at += 1) {
      await log.append(stream, samples(5), at === 0 ? 'no-stream' : at * 5 - 1);
    }
    writing = false;
    expect(await reading).toEqual([0]);
  });
}
