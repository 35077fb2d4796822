import { beforeEach, describe, expect, it } from '@jest/globals';
import { Streams, type StreamsOptions } from '#application/streams.js';
import { type HeldLog, heldLog } from '#application/testing/held-log.js';
import { letters, write } from '#application/testing/letters.js';
import { unavailable } from '#event-log/errors.js';
import type { EventLog } from '#event-log/event-log.js';
import { logStart } from '#event-log/event-log.js';
import { InMemoryEventLog } from '#event-log/in-memory.js';
import { eventsPerReadMax } from '#event-log/limits.js';
import { logWith } from '#event-log/log-with.js';

const stream = 'text-1';
const textOf = (length: number) => Array.from({ length }, (_, index) => 'abcdefg'[index % 7]).join('');
/** Whatever can go on without the log has gone on. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

let log: InMemoryEventLog;
let held: HeldLog;
const streamsOver = (
  given: EventLog,
  chosen: Partial<StreamsOptions<string, string>> = {},
): Streams<string, string> =>
  new Streams({ log: given, kind: letters, entriesMax: 100, snapshots: null, soleWriter: true, ...chosen });

beforeEach(() => {
  log = new InMemoryEventLog();
  held = heldLog(log);
});

describe('a stream that is not at hand', () => {
  it('is nothing while it has no events, and is asked for again the next time', async () => {
    const streams = streamsOver(held);
    expect(await streams.get(stream)).toEqual({
      state: '',
      revision: -1,
      changedAt: 0,
      eventId: '',
      position: logStart,
    });
    await write(log, stream, 'a');
    expect(await streams.get(stream)).toMatchObject({ state: 'a', revision: 0 });
  });

  it('is known with the time and the id of its last event', async () => {
    await write(log, stream, 'abc');
    const page = await log.readStream(stream, { direction: 'backward', from: 'end', limit: 1 });
    const ids = page.status === 'found' ? page.events.map(({ id }) => id) : [];
    const changedAt = Date.UTC(2030, 0, 1);
    expect(await streamsOver(held).get(stream)).toEqual({
      state: 'abc',
      revision: 2,
      changedAt,
      eventId: ids[0],
      position: await log.head(),
    });
  });

  it.each([
    ['shorter than a page', eventsPerReadMax - 1, 1],
    ['a page long', eventsPerReadMax, 2],
    ['longer than a page', eventsPerReadMax + 1, 2],
    ['as long as two pages', 2 * eventsPerReadMax, 3],
    ['longer than two pages', 2 * eventsPerReadMax + 1, 3],
  ])('is read whole, page by page, once: %s', async (_, length, pages) => {
    await write(log, stream, textOf(length));
    const { state, revision } = await streamsOver(held).get(stream);
    expect({ state, revision }).toEqual({ state: textOf(length), revision: length - 1 });
    expect(held.reads).toHaveLength(pages);
    expect(held.eventsRead).toBe(length);
  });

  it('is read once for all who ask meanwhile, and is at hand from then on', async () => {
    await write(log, stream, 'abc');
    const streams = streamsOver(held);
    const answers = await Promise.all([streams.get(stream), streams.get(stream), streams.get(stream)]);
    expect(new Set(answers).size).toBe(1);
    expect(streams.get(stream)).toBe(answers[0]);
    expect(held.reads).toHaveLength(1);
  });

  it('is asked for again after a read that failed', async () => {
    await write(log, stream, 'abc');
    let failures = 1;
    const failing = logWith(log, {
      readStream: async (...asked) => {
        failures -= 1;
        if (failures >= 0) throw unavailable('it is away');
        return log.readStream(...asked);
      },
    });
    const streams = streamsOver(failing);
    await expect(Promise.all([streams.get(stream), streams.get(stream)])).rejects.toThrow('it is away');
    expect((await streams.get(stream)).state).toBe('abc');
    failures = 1;
    await expect(streams.fresh(stream)).rejects.toThrow('it is away');
    expect((await streams.fresh(stream)).state).toBe('abc');
  });
});

describe('what the log holds now', () => {
  it('has what others appended, of which only what is new is read', async () => {
    const streams = streamsOver(held);
    await write(log, stream, 'abc');
    await streams.get(stream);
    await write(log, stream, 'de');
    expect((await streams.get(stream)).state).toBe('abc');
    expect((await streams.fresh(stream)).state).toBe('abcde');
    expect(held.reads.at(-1)).toMatchObject({ from: 3 });
    expect((await streams.get(stream)).state).toBe('abcde');
  });

  it('is caught up with over several pages', async () => {
    const streams = streamsOver(held);
    await write(log, stream, 'a');
    await streams.get(stream);
    await write(log, stream, textOf(2 * eventsPerReadMax));
    expect((await streams.fresh(stream)).revision).toBe(2 * eventsPerReadMax);
    expect(held.eventsRead).toBe(1 + 2 * eventsPerReadMax);
  });

  it('is never answered from a read that began before it was asked for', async () => {
    await write(log, stream, 'a');
    const streams = streamsOver(held);
    await streams.get(stream);
    held.hold();
    const early = streams.fresh(stream);
    await settle();
    await write(log, stream, 'b');
    const late = [streams.fresh(stream), streams.fresh(stream)];
    held.release();
    expect((await early).state).toBe('a');
    expect((await Promise.all(late)).map(({ state }) => state)).toEqual(['ab', 'ab']);
    expect(held.reads).toHaveLength(3);
  });

  it('is never answered from a load that began before it was asked for', async () => {
    await write(log, stream, 'a');
    const streams = streamsOver(held);
    held.hold();
    const early = streams.get(stream);
    await settle();
    await write(log, stream, 'b');
    const late = streams.fresh(stream);
    held.release();
    expect((await early).state).toBe('a');
    expect((await late).state).toBe('ab');
  });

  it('is answered to those who come while others wait for the next read by that read', async () => {
    await write(log, stream, 'a');
    const streams = streamsOver(held);
    await streams.get(stream);
    held.hold();
    const first = streams.fresh(stream);
    await settle();
    const waiting = Array.from({ length: 100 }, () => streams.fresh(stream));
    await settle();
    held.release();
    await Promise.all([first, ...waiting]);
    expect(held.reads).toHaveLength(3);
    await streams.fresh(stream);
    expect(held.reads).toHaveLength(4);
  });

  it('is asked for at once where nobody waits for it, whoever did before', async () => {
    const streams = streamsOver(held);
    await write(log, stream, 'a');
    await streams.fresh(stream);
    await expect(Promise.all([streams.fresh(stream), streams.fresh(stream)])).resolves.toHaveLength(2);
    const readsBefore = held.reads.length;
    const asked = streams.fresh(stream);
    expect(held.reads).toHaveLength(readsBefore + 1);
    await asked;
  });

  it('is read for those who wait also where the read before theirs failed', async () => {
    await write(log, stream, 'a');
    let tries = 0;
    const failing = logWith(held, {
      readStream: async (...asked) => {
        tries += 1;
        const page = await held.readStream(...asked);
        if (tries === 2) throw unavailable('it is away');
        return page;
      },
    });
    const streams = streamsOver(failing);
    await streams.get(stream);
    held.hold();
    const [first, second] = [streams.fresh(stream), streams.fresh(stream)];
    const failed = expect(first).rejects.toThrow('it is away');
    await settle();
    held.release();
    await failed;
    expect((await second).state).toBe('a');
  });

  it('is what is at hand for a process that is alone, until it cannot tell any more', async () => {
    const streams = streamsOver(held);
    await write(log, stream, 'a');
    await write(log, 'text-2', 'x');
    await Promise.all([streams.get(stream), streams.get('text-2')]);
    await write(log, stream, 'b');
    await write(log, 'text-2', 'y');
    expect(streams.trusted).toBe(true);
    expect(streams.current(stream)).toMatchObject({ state: 'a' });
    streams.distrust(stream);
    expect(streams.trusted).toBe(false);
    expect((await streams.current('text-2')).state).toBe('xy');
    expect((await streams.get(stream)).state).toBe('ab');
  });

  it('is asked of the log by a process that is not alone', async () => {
    const streams = streamsOver(held, { soleWriter: false });
    await write(log, stream, 'a');
    await streams.get(stream);
    await write(log, stream, 'b');
    expect(streams.trusted).toBe(false);
    expect((await streams.current(stream)).state).toBe('ab');
  });
});

describe('what is at hand', () => {
  const loaded = (state: string) => ({
    state,
    revision: state.length - 1,
    changedAt: 0,
    eventId: state,
    position: logStart,
  });

  it('never goes back: neither by an older append nor by a read that was overtaken', async () => {
    await write(log, stream, 'a');
    const streams = streamsOver(held);
    held.hold();
    const overtaken = streams.get(stream);
    await settle();
    streams.put(stream, loaded('abc'));
    streams.put(stream, loaded('ab'));
    held.release();
    expect((await overtaken).state).toBe('abc');
    expect(await streams.get(stream)).toEqual(loaded('abc'));
  });

  it('is bounded, by those that were asked for last', async () => {
    const streams = streamsOver(held, { entriesMax: 10 });
    const all = Array.from({ length: 40 }, (_, index) => `text-${index}`);
    for (const one of all) {
      streams.put(one, loaded(one));
      streams.get('text-0');
    }
    const atHand = all.filter((one) => !(streams.get(one) instanceof Promise));
    expect(atHand.length).toBeLessThanOrEqual(10);
    expect(atHand).toEqual(expect.arrayContaining(['text-0', 'text-39']));
  });
});
