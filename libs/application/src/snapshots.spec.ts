import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { accountKind } from '#application/kinds.js';
import {
  type SnapshotStore,
  Snapshots,
  type StoredSnapshot,
  snapshotVersion,
} from '#application/snapshots.js';
import { Streams } from '#application/streams.js';
import { type HeldLog, heldLog } from '#application/testing/held-log.js';
import { fold, writtenIn } from '#application/testing/histories.js';
import { letters, write } from '#application/testing/letters.js';
import { logStart, type Position } from '#event-log/event-log.js';
import { InMemoryEventLog } from '#event-log/in-memory.js';
import { eventsPerReadMax } from '#event-log/limits.js';
import { FileSnapshots } from '#snapshot-files/file-snapshots.js';

const stream = 'text-1';
const textOf = (length: number) => Array.from({ length }, (_, index) => 'abcdefg'[index % 7]).join('');
const between = 256;

let directory: string;
let files: FileSnapshots;
let log: InMemoryEventLog;
let held: HeldLog;
let troubles: unknown[];
/** What was put, once it is there. */
let puts: Promise<void>[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-snapshots-'));
  files = await FileSnapshots.open(directory);
  log = new InMemoryEventLog();
  held = heldLog(log);
  troubles = [];
  puts = [];
});
afterEach(async () => {
  await Promise.allSettled(puts);
  rmSync(directory, { recursive: true });
});

async function aProcess(store: SnapshotStore = files) {
  const told: SnapshotStore = {
    get: (of) => store.get(of),
    put: (of, snapshot) => {
      const put = store.put(of, snapshot);
      puts.push(put);
      return put;
    },
  };
  const snapshots = new Snapshots<string>({
    store: told,
    log: await log.identity(),
    onTrouble: (error) => troubles.push(error),
  });
  held.eventsRead = 0;
  return new Streams({ log: held, kind: letters, entriesMax: 100, snapshots, soleWriter: false });
}

const put = () => Promise.allSettled(puts);
const stored = async () => (await files.get(stream)) as StoredSnapshot & { loaded: { state: string } };

describe('a snapshot', () => {
  it('is written after a long fold, and spares the next process the same one', async () => {
    await write(log, stream, textOf(20_000));
    expect((await (await aProcess()).get(stream)).state).toBe(textOf(20_000));
    expect(held.eventsRead).toBe(20_000);
    await put();
    await write(log, stream, 'xyz');
    const loaded = await (await aProcess()).get(stream);
    expect(loaded).toMatchObject({ state: `${textOf(20_000)}xyz`, revision: 20_002 });
    expect(held.eventsRead).toBe(1 + 3);
    expect(puts).toHaveLength(1);
  });

  it('is gone on from over several pages', async () => {
    await write(log, stream, textOf(between));
    await (await aProcess()).get(stream);
    await put();
    await write(log, stream, textOf(2 * eventsPerReadMax));
    const { state } = await (await aProcess()).get(stream);
    expect(state).toBe(textOf(between) + textOf(2 * eventsPerReadMax));
    expect(held.eventsRead).toBe(1 + 2 * eventsPerReadMax);
  });

  it.each([
    [between - 1, 0],
    [between, 1],
  ])('is not made of a stream that is quickly read: of %i events, %i', async (length, snapshots) => {
    await write(log, stream, textOf(length));
    await (await aProcess()).get(stream);
    await put();
    expect(readdirSync(directory)).toHaveLength(snapshots);
  });

  it('is written whenever a stream in use has grown by so much, whoever made it grow', async () => {
    const streams = await aProcess();
    await write(log, stream, 'a');
    await streams.get(stream);
    const loaded = (length: number) => ({
      state: textOf(length),
      revision: length - 1,
      changedAt: 0,
      eventId: '',
      position: logStart,
    });
    streams.put(stream, loaded(between - 1));
    expect(puts).toHaveLength(0);
    streams.put(stream, loaded(between));
    streams.put(stream, loaded(between + 1));
    expect(puts).toHaveLength(1);
    await put();
    expect((await stored()).loaded.state).toHaveLength(between);
    await write(log, stream, textOf(2 * between - 1));
    await streams.fresh(stream);
    expect(puts).toHaveLength(2);
  });

  it('bounds what a process that starts has to read, however a stream grew', async () => {
    const streams = await aProcess();
    const lengths: number[] = [];
    for (let length = 0; length < 4_000; length += 97) {
      await write(log, stream, textOf(97));
      await streams.fresh(stream);
      await put();
      await (await aProcess()).get(stream);
      lengths.push(held.eventsRead);
    }
    expect(Math.max(...lengths)).toBeLessThanOrEqual(1 + between + 97);
  });

  it('can be taken away at any time', async () => {
    await write(log, stream, textOf(2_000));
    await (await aProcess()).get(stream);
    await put();
    rmSync(directory, { recursive: true });
    expect((await (await aProcess()).get(stream)).state).toBe(textOf(2_000));
    expect(troubles).toEqual([]);
    await put();
    expect(troubles).toMatchObject([{ code: 'ENOENT' }]);
    files = await FileSnapshots.open(directory);
    await (await aProcess()).get(stream);
    await put();
    expect((await stored()).loaded.state).toBe(textOf(2_000));
  });
});

describe('what the store holds instead of a snapshot of this very history', () => {
  type Kept = Awaited<ReturnType<typeof stored>>;
  const readAfter = async (tamper: (snapshot: Kept) => StoredSnapshot) => {
    await write(log, stream, textOf(2_000));
    await (await aProcess()).get(stream);
    await put();
    const marked = await stored();
    await files.put(stream, tamper({ ...marked, loaded: { ...marked.loaded, state: 'of the snapshot' } }));
    return (await (await aProcess()).get(stream)).state;
  };
  const changed = (snapshot: Kept, part: object) => ({
    ...snapshot,
    loaded: { ...snapshot.loaded, ...part },
  });

  it('would be believed if it proved to be one, but for the place of its event, which the log tells', async () => {
    const elsewhere = { position: '9999999999999999' as Position };
    expect(await readAfter((snapshot) => changed(snapshot, elsewhere))).toBe('of the snapshot');
    expect(await (await aProcess()).get(stream)).toMatchObject({ position: await log.head() });
  });

  it.each<[string, (snapshot: Kept) => StoredSnapshot]>([
    ['of the version before', (snapshot) => ({ ...snapshot, version: snapshotVersion - 1 })],
    ['of the version after', (snapshot) => ({ ...snapshot, version: snapshotVersion + 1 })],
    ['of another log', (snapshot) => ({ ...snapshot, log: 'another' })],
    ['of another history, up to another event', (snapshot) => changed(snapshot, { eventId: 'another' })],
    ['up to an event that is elsewhere', (snapshot) => changed(snapshot, { revision: 1_000 })],
    ['of more than there is', (snapshot) => changed(snapshot, { revision: 2_000 })],
  ])('is ignored: %s', async (_, tamper) => {
    expect(await readAfter(tamper)).toBe(textOf(2_000));
    expect(troubles).toEqual([]);
  });

  it('is ignored: of another stream', async () => {
    await write(log, 'text-2', textOf(2_000).toUpperCase());
    await (await aProcess()).get('text-2');
    await put();
    const other = (await files.get('text-2')) as StoredSnapshot;
    expect(await readAfter(() => other)).toBe(textOf(2_000));
  });
});

describe('a store that fails', () => {
  const full = new Error('no space left');
  const fail = async () => Promise.reject(full);

  it('to answer is told of once, and the state is right', async () => {
    await write(log, stream, textOf(2_000));
    const streams = await aProcess({ get: fail, put: (of, snapshot) => files.put(of, snapshot) });
    expect((await streams.get(stream)).state).toBe(textOf(2_000));
    expect(troubles).toEqual([full]);
  });

  it('to keep is told of once, and the state is right', async () => {
    await write(log, stream, textOf(2_000));
    const streams = await aProcess({ get: (of) => files.get(of), put: fail });
    expect((await streams.get(stream)).state).toBe(textOf(2_000));
    await put();
    expect(troubles).toEqual([full]);
  });
});

describe('a state that was kept and read again', () => {
  const events = writtenIn('human', 'machine', 'imported');
  const at = fc.integer({ min: 0, max: Date.UTC(2040, 0, 1) });
  const history = fc.array(fc.record({ written: fc.constantFrom(...events), at }), { maxLength: 120 });

  it('is the state that was folded, and whatever comes then is folded onto it alike', async () => {
    const property = fc.asyncProperty(history, history, async (before, after) => {
      const folded = fold(accountKind, accountKind.initial, before);
      const loaded = { state: folded, revision: 1, changedAt: 0, eventId: '', position: logStart };
      await files.put(stream, { version: snapshotVersion, log: '', loaded });
      const { state } = (await stored()).loaded as unknown as { state: typeof folded };
      expect(state).toStrictEqual(folded);
      expect(fold(accountKind, state, after)).toStrictEqual(fold(accountKind, folded, after));
    });
    await fc.assert(property);
  });
});
