// What a server shows of rows that another one may make, or replace, or drop.

import { afterEach, beforeEach, expect, it } from '@jest/globals';

import { animal, apply, rowsIn, zoo } from '#read-models/contract/samples.js';
import type { ModelStore, Reading } from '#read-models/store.js';
import { openPostgresStore } from '#read-models/stores/postgres/postgres-model-store.js';
import { SharedRows } from '#read-models/stores/postgres/shared-rows.js';
import { describeOnPostgres } from '#read-models/testing/describe-on-postgres.js';
import { Waits } from '#read-models/waits.js';

const next = { ...zoo, version: zoo.version + 1 };
const nobody = {
  waits: new Waits({ log: { head: () => Promise.reject(new Error('nobody asks')) }, soleWriter: true }),
};
const asked = { ...nobody, projections: ['zoo'] };
const unavailable = (reason: RegExp) => ({
  name: 'ModelStoreError',
  code: 'unavailable',
  message: expect.stringMatching(reason),
});

describeOnPostgres('rows that several servers share', (server) => {
  let url: string;
  let store: ModelStore;
  let opened: SharedRows[];
  beforeEach(async () => {
    url = await server().createDatabase();
    store = await openPostgresStore({ url });
    opened = [];
  });
  afterEach(async () => {
    await Promise.all(opened.map((rows) => rows.close()));
    await store.close();
  });

  async function rowsOf(release: typeof zoo, connections = 8): Promise<SharedRows> {
    const rows = await SharedRows.open({ url, connections, projections: [release] });
    opened.push(rows);
    return rows;
  }

  const idsIn = async (reading: Reading) => (await rowsIn(reading)).map(({ id }) => id);

  it('are shown by the release whose version is live, and by no other, before and after a switch', async () => {
    const [older, newer] = [await rowsOf(zoo), await rowsOf(next)];
    await apply(store, await store.open(zoo), [animal('a')]);
    expect(await older.positions()).toHaveLength(1);
    expect(await older.read(idsIn, asked)).toEqual(['a']);
    expect(await newer.positions()).toEqual([]);
    await expect(newer.read(idsIn, asked)).rejects.toMatchObject(
      unavailable(/version 1 of zoo is live, and this release has 2$/),
    );
    const build = await store.begin(next);
    await apply(store, build, [animal('b')]);
    await store.makeLive(build);
    expect(await older.positions()).toEqual([]);
    await expect(older.read(idsIn, asked)).rejects.toMatchObject(unavailable(/version 2 of zoo is live/));
    expect(await newer.positions()).toHaveLength(1);
    expect(await newer.read(idsIn, asked)).toEqual(['b']);
    expect(await newer.checkpoints()).toMatchObject([{ projection: 'zoo', version: 2 }]);
  });

  it('are unavailable to who is shown a build that is dropped before its tables are asked for', async () => {
    const rows = await rowsOf(zoo);
    const first = await store.open(zoo);
    const second = await store.begin(zoo);
    const reading = rows.read(async (one) => {
      await store.makeLive(second);
      await store.drop(first);
      return idsIn(one);
    }, asked);
    await expect(reading).rejects.toMatchObject(unavailable(/were dropped$/));
    expect(await rows.read(idsIn, asked)).toEqual([]);
  });

  it('are damaged where a table is gone whose build is there', async () => {
    const rows = await rowsOf(zoo);
    const { build } = await store.open(zoo);
    await server().administer(`DROP TABLE read_models.zoo_${build}_animals`, url);
    await expect(rows.read(idsIn, asked)).rejects.toMatchObject({ code: 'damaged' });
  });

  it('refuse more than so many who wait, and take no connection for who has left', async () => {
    const rows = await rowsOf(zoo, 1);
    await store.open(zoo);
    const held = Promise.withResolvers<void>();
    const first = rows.read(() => held.promise, asked);
    const leaving = new AbortController();
    let answered = 0;
    const waiting = Array.from({ length: 2_000 }, () =>
      rows
        .read(
          async () => {
            answered += 1;
          },
          { ...asked, signal: leaving.signal },
        )
        .catch((error: unknown) => error),
    );
    await expect(rows.read(idsIn, asked)).rejects.toMatchObject(
      unavailable(/too many readings are waiting$/),
    );
    leaving.abort(new Error('left'));
    expect(new Set((await Promise.all(waiting)).map(String))).toEqual(new Set(['Error: left']));
    held.resolve();
    await first;
    expect(await rows.read(idsIn, asked)).toEqual([]);
    expect(answered).toBe(0);
  });
});
