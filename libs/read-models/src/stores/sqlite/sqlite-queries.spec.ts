// The threads that read may be slow, busy, or die: every reading is answered once, and others go on.

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';

import { animal, apply, checkpointAt, rowsIn, zoo } from '#read-models/contract/samples.js';
import type { Build, ModelStore, Reading } from '#read-models/store.js';
import { openSqliteStore } from '#read-models/stores/sqlite/sqlite-model-store.js';
import { SqliteQueries, type SqliteQueriesOptions } from '#read-models/stores/sqlite/sqlite-queries.js';

let directory: string;
let path: string;
let store: ModelStore;
let build: Build;
let queries: SqliteQueries | null;
let troubles: string[];
let threads: Worker[];
const noteThread = (message: unknown): void => {
  threads.push((message as { worker: Worker }).worker);
};

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-queries-'));
  path = join(directory, 'read-models.db');
  store = openSqliteStore(path);
  build = await store.open(zoo);
  [queries, troubles, threads] = [null, [], []];
  subscribe('worker_threads', noteThread);
});
afterEach(async () => {
  unsubscribe('worker_threads', noteThread);
  await queries?.close();
  await store.close();
  // Also those that were given up.
  while (threads.some(({ threadId }) => threadId !== -1))
    await new Promise((resolve) => setTimeout(resolve, 10));
  rmSync(directory, { recursive: true });
});

async function opened(options: Partial<SqliteQueriesOptions> = {}): Promise<SqliteQueries> {
  queries = await SqliteQueries.open({ path, onTrouble: (text) => troubles.push(text), ...options });
  return queries;
}

/** Counts this far without ever giving a row: SQLite cannot be stopped in it. */
function count(reading: Reading, to: number): Promise<unknown> {
  const counting = sql<{
    n: number;
  }>`WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < ${to})
    SELECT count(*) AS n FROM c`;
  return counting.execute(reading.db);
}

function rowsWithoutEnd(reading: Reading): Promise<unknown> {
  return sql`WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c`.execute(
    reading.db,
  );
}

const isTooSlow = { name: 'ModelStoreError', code: 'too-slow' };
const isUnavailable = { name: 'ModelStoreError', code: 'unavailable' };

describe('queries in threads of their own', () => {
  it('see one snapshot in a reading, with its checkpoint, and what is newer in the next', async () => {
    const asked = await opened();
    await apply(store, build, [animal('a', { photo: Buffer.from([1, 2]) })]);
    const seen = await asked.read(async (reading) => {
      const before = await rowsIn(reading);
      await apply(store, build, [animal('b')]);
      return [before, await rowsIn(reading), reading.checkpointOf('zoo')];
    });
    expect(seen).toEqual([[expect.objectContaining({ id: 'a', photo: [1, 2] })], seen[0], checkpointAt(1)]);
    expect(await asked.read((reading) => rowsIn(reading))).toHaveLength(2);
  });

  it('find texts by what is within them', async () => {
    const asked = await opened();
    await apply(store, build, [animal('a', { name: 'Ada' }), animal('b', { name: 'Bob' })]);
    const found = await asked.read((reading) =>
      reading.db
        .selectFrom(reading.tableOf('zoo', 'animals'))
        .select('id')
        .where(reading.mayContain({ projection: 'zoo', table: 'animals', column: 'name', text: 'ada' }))
        .execute(),
    );
    expect(found).toEqual([{ id: 'a' }]);
  });

  it('see the build that is live when they begin', async () => {
    const asked = await opened();
    const next = await store.begin(zoo);
    await apply(store, next, [animal('n')]);
    const lengths = await asked.read(async (reading) => {
      await store.makeLive(next);
      await store.drop(build);
      return [(await rowsIn(reading)).length, (await asked.read((other) => rowsIn(other))).length];
    });
    expect(lengths).toEqual([0, 1]);
  });

  it('take turns where more read than may at once', async () => {
    const asked = await opened();
    await apply(store, build, [animal('a')]);
    const lengths = await Promise.all(
      Array.from({ length: 100 }, () => asked.read(async (reading) => (await rowsIn(reading)).length)),
    );
    expect(new Set(lengths)).toEqual(new Set([1]));
    expect(threads).toHaveLength(2);
  });

  it('do not write, and what they do not understand is told to who asks, and to nobody else', async () => {
    const asked = await opened();
    const writing = (reading: Reading) => reading.db.deleteFrom(reading.tableOf('zoo', 'animals')).execute();
    await apply(store, build, [animal('a')]);
    await expect(asked.read(writing)).rejects.toThrow();
    await expect(
      asked.read((reading) => reading.db.selectFrom('nowhere').selectAll().execute()),
    ).rejects.toThrow('nowhere');
    expect(await asked.read((reading) => rowsIn(reading))).toHaveLength(1);
    expect(troubles).toEqual([]);
  });

  it('are over with their reading', async () => {
    const asked = await opened();
    const kept = await asked.read(async (reading) => reading);
    await expect(rowsIn(kept)).rejects.toThrow('its reading is over');
  });
});

describe('a question that takes too long', () => {
  it('ends with its time, by rows, and its thread goes on', async () => {
    const asked = await opened({ timeoutMs: 500, threads: 1 });
    await expect(asked.read(rowsWithoutEnd)).rejects.toMatchObject(isTooSlow);
    expect(await asked.read((reading) => rowsIn(reading))).toEqual([]);
    expect(troubles).toEqual([]);
    expect(threads).toHaveLength(1);
  });

  it('that cannot be stopped is answered in time all the same, others go on, and its thread is replaced', async () => {
    const asked = await opened({ timeoutMs: 1_000 });
    // A thread that still has to start would have to be in time for them, too.
    await Promise.all(
      Array.from({ length: 8 }, () => asked.read((reading) => rowsIn(reading)).catch(() => null)),
    );
    const long = asked.read((reading) => count(reading, 12_000_000));
    const others = Array.from({ length: 3 }, () => asked.read((reading) => rowsIn(reading)));
    await expect(long).rejects.toMatchObject(isTooSlow);
    // Those that were held up with it are told so; the others were answered.
    const states = (await Promise.allSettled(others)).map(({ status }) => status);
    expect(states).toContain('fulfilled');
    while (troubles.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(troubles[0]).toMatch(/took too long; its thread is replaced|another question took too long/);
    expect(await asked.read((reading) => rowsIn(reading))).toEqual([]);
  });

  it('is left by who no longer waits, and the reading ends', async () => {
    const asked = await opened({ threads: 1 });
    const leaving = new AbortController();
    const left = asked.read((reading) => count(reading, 3_000_000), leaving.signal);
    setTimeout(() => leaving.abort(new Error('gone')), 10);
    await expect(left).rejects.toThrow('gone');
    expect(await asked.read((reading) => rowsIn(reading))).toEqual([]);
    await expect(
      asked.read((reading) => rowsIn(reading), AbortSignal.abort(new Error('before'))),
    ).rejects.toThrow('before');
    expect(troubles).toEqual([]);
  });

  it('that is asked after its time is refused, and nothing is asked', async () => {
    const asked = await opened({ timeoutMs: 30 });
    const late = asked.read(async (reading) => {
      await new Promise((resolve) => setTimeout(resolve, 60));
      return rowsIn(reading);
    });
    await expect(late).rejects.toMatchObject(isTooSlow);
    expect(troubles).toEqual([]);
  });
});

describe('a thread that reads', () => {
  it('may die: readings under way are unavailable, and the next ones start another', async () => {
    const asked = await opened({ threads: 1 });
    await apply(store, build, [animal('a')]);
    let begun: () => void = () => undefined;
    const beginning = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const reading = asked.read(async (one) => {
      begun();
      await new Promise((resolve) => setTimeout(resolve, 100));
      return rowsIn(one);
    });
    await beginning;
    await threads[0]?.terminate();
    await expect(reading).rejects.toMatchObject(isUnavailable);
    expect(await asked.read((one) => rowsIn(one))).toHaveLength(1);
    expect(threads).toHaveLength(2);
    expect(troubles).toEqual([expect.stringContaining('its thread ended')]);
  });

  it('that dies over its questions answers each of them as unavailable, at once', async () => {
    const asked = await opened({ threads: 1, timeoutMs: 60_000 });
    const readings = Array.from({ length: 3 }, () => asked.read((one) => count(one, 1_000_000)));
    await new Promise((resolve) => setTimeout(resolve, 20));
    await threads[0]?.terminate();
    const outcomes = await Promise.allSettled(readings);
    expect(outcomes.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(0);
    expect(outcomes.every((one) => one.status === 'fulfilled' || one.reason.code === 'unavailable')).toBe(
      true,
    );
  });

  it('refuses what is no store of read models when it is opened', async () => {
    const other = join(directory, 'letters.db');
    writeFileSync(other, 'a letter '.repeat(1_000));
    await expect(opened({ path: other })).rejects.toMatchObject({ name: 'ModelStoreError', code: 'damaged' });
    await expect(opened({ path: join(directory, 'nowhere.db') })).rejects.toMatchObject(isUnavailable);
  });

  it('is closed with the others, twice as once, and then reads nothing', async () => {
    const asked = await opened();
    await asked.close();
    await asked.close();
    await expect(asked.read((reading) => rowsIn(reading))).rejects.toMatchObject(isUnavailable);
    expect(troubles).toEqual([]);
  });
});
