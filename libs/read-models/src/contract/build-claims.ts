import { expect } from '@jest/globals';

import type { StoreClaim } from '#read-models/contract/engine.js';
import { animal, apply, checkpointAt, rowsIn, rowsOf, zoo } from '#read-models/contract/samples.js';
import type { Projection } from '#read-models/projection.js';
import { Fenced, OtherVersion } from '#read-models/store.js';

/** Another projection, with a table of the same name. */
const park: Projection = { ...zoo, name: 'park' };

export function buildClaims(claim: StoreClaim): void {
  opening(claim);
  pausing(claim);
  sideBySide(claim);
  reading(claim);
  lifetime(claim);
}

function pausing(claim: StoreClaim): void {
  claim(
    'whether a projection is to stand still is kept, also over a kill',
    async ({ store, openAfterKill }) => {
      await store.open(zoo);
      expect(await store.paused()).toEqual([]);
      for (const name of ['zoo', 'park', 'zoo']) await store.setPaused(name, true);
      expect(await store.paused()).toEqual(['park', 'zoo']);
      await store.makeLive(await store.begin(zoo));
      await store.setPaused('park', false);
      await store.setPaused('park', false);
      const other = await openAfterKill();
      expect(await other.paused()).toEqual(['zoo']);
      await other.close();
    },
  );
}

function opening(claim: StoreClaim): void {
  claim('the first build of a projection is live at once, and empty', async ({ store }) => {
    const build = await store.open(zoo);
    expect(build.projection).toBe(zoo);
    expect(await store.builds()).toEqual([
      { projection: 'zoo', version: 1, build: build.build, isLive: true, checkpoint: null },
    ]);
    expect(await rowsOf(store)).toEqual([]);
    expect(await rowsOf(store, 'meals')).toEqual([]);
  });

  claim('opening a projection again answers the same build, with its rows', async ({ store }) => {
    const build = await store.open(zoo);
    await apply(store, build, [animal('a')]);
    expect(await store.open(zoo)).toEqual(build);
    expect(await rowsOf(store)).toHaveLength(1);
  });

  claim('projections do not touch each other', async ({ store }) => {
    const [one, other] = [await store.open(zoo), await store.open(park)];
    await apply(store, one, [animal('a')]);
    expect(await rowsOf(store, 'animals', park)).toEqual([]);
    expect(await store.checkpoint(other)).toBeNull();
    expect((await store.builds()).map(({ projection }) => projection).sort()).toEqual(['park', 'zoo']);
  });

  claim('tables of another version are not opened: they have to be built', async ({ store }) => {
    await store.open(zoo);
    const opened = store.open({ ...zoo, version: 2 });
    await expect(opened).rejects.toThrow(OtherVersion);
    await expect(opened).rejects.toMatchObject({ live: 1 });
  });

  claim('other tables under the same version are a bug of the projection', async ({ store }) => {
    await store.open(zoo);
    await expect(store.open({ ...zoo, tables: { animals: zoo.tables.animals as never } })).rejects.toThrow(
      TypeError,
    );
  });

  const impossible: readonly (readonly [string, Partial<Projection>])[] = [
    ['a name that is none', { name: 'Zoo"' }],
    ['a table whose name is none', { tables: { 'a b': zoo.tables.meals as never } }],
    ['a table without a key', { tables: { a: { columns: { b: { kind: 'text' } }, key: [] } } }],
    ['a key of no column', { tables: { a: { columns: { b: { kind: 'text' } }, key: ['c'] } } }],
    [
      'a key that may be null',
      { tables: { a: { columns: { b: { kind: 'text', nullable: true } }, key: ['b'] } } },
    ],
    [
      'an index of no column',
      { tables: { a: { columns: { b: { kind: 'text' } }, key: ['b'], indexes: [{ columns: ['c'] }] } } },
    ],
    [
      'an index of texts in what is none',
      { tables: { a: { columns: { b: { kind: 'integer' } }, key: ['b'], indexes: [{ contains: 'b' }] } } },
    ],
  ];
  for (const [what, part] of impossible) {
    claim(`a projection with ${what} is a bug, and nothing is made of it`, async ({ store }) => {
      await expect(store.open({ ...zoo, ...part })).rejects.toThrow(TypeError);
      expect(await store.builds()).toEqual([]);
    });
  }
}

function sideBySide(claim: StoreClaim): void {
  claim(
    'the next build grows beside the live one, unseen, with a checkpoint of its own',
    async ({ store }) => {
      const live = await store.open(zoo);
      await apply(store, live, [animal('a')]);
      const next = await store.begin(zoo);
      await apply(store, next, [animal('b')]);
      await apply(store, live, [animal('c')]);
      expect(next.build).not.toBe(live.build);
      expect((await rowsOf(store)).map(({ id }) => id)).toEqual(['a', 'c']);
      expect(await store.checkpoint(live)).toEqual(checkpointAt(2));
      expect(await store.checkpoint(next)).toEqual(checkpointAt(1));
      expect((await store.digest(next, 'animals')).rows).toBe(1);
      expect((await store.builds()).map(({ isLive }) => isLive)).toEqual([true, false]);
    },
  );

  claim(
    'readers that begin after the switch see the next build, and the old one is kept',
    async ({ store }) => {
      const old = await store.open(zoo);
      await apply(store, old, [animal('a')]);
      const next = await store.begin({ ...zoo, version: 2 });
      await apply(store, next, [animal('b')]);
      await store.makeLive(next);
      expect((await rowsOf(store)).map(({ id }) => id)).toEqual(['b']);
      expect(await store.open({ ...zoo, version: 2 })).toMatchObject({ build: next.build });
      expect(await store.builds()).toMatchObject([
        { build: old.build, version: 1, isLive: false, checkpoint: checkpointAt(1) },
        { build: next.build, version: 2, isLive: true },
      ]);
      await store.makeLive(old);
      expect((await rowsOf(store)).map(({ id }) => id)).toEqual(['a']);
    },
  );

  claim('a reader that began before the switch finishes on the old build', async ({ store }) => {
    const old = await store.open(zoo);
    await apply(store, old, [animal('a')]);
    const next = await store.begin(zoo);
    await apply(store, next, [animal('b'), animal('c')]);
    const seen = await store.read(async (reading) => {
      const before = reading.tableOf('zoo', 'animals');
      await store.makeLive(next);
      return [reading.tableOf('zoo', 'animals') === before, (await rowsIn(reading)).map(({ id }) => id)];
    });
    expect(seen).toEqual([true, ['a']]);
    expect(await rowsOf(store)).toHaveLength(2);
  });

  claim(
    'a build that is dropped is gone with its checkpoint, and its number does not come again',
    async ({ store }) => {
      const live = await store.open(zoo);
      const next = await store.begin(zoo);
      const parked = { position: checkpointAt(1).position, error: 'broken', attempts: 1 };
      await store.apply({
        build: next,
        changes: [animal('a')],
        from: null,
        to: checkpointAt(1),
        parking: [{ stream: 's', parked }],
      });
      await store.drop(next);
      expect(await store.checkpoint(next)).toBeNull();
      expect(await store.parked(next)).toEqual([]);
      expect((await store.builds()).map(({ build }) => build)).toEqual([live.build]);
      await store.drop(next);
      expect((await store.begin(zoo)).build).toBeGreaterThan(next.build);
      await expect(
        store.apply({ build: next, changes: [], from: null, to: checkpointAt(1) }),
      ).rejects.toThrow(Fenced);
    },
  );

  claim('the live build is not dropped', async ({ store }) => {
    const build = await store.open(zoo);
    await expect(store.drop(build)).rejects.toThrow(TypeError);
    expect(await rowsOf(store)).toEqual([]);
  });
}

function reading(claim: StoreClaim): void {
  claim('all that is asked within one reading agrees, also with its checkpoint', async ({ store }) => {
    const build = await store.open(zoo);
    await apply(store, build, [animal('a')]);
    const seen = await store.read(async (one) => {
      const before = await rowsIn(one);
      await apply(store, build, [animal('b'), { change: 'remove', table: 'animals', where: { id: 'a' } }]);
      return [before, await rowsIn(one), one.checkpointOf('zoo')];
    });
    expect(seen).toEqual([[expect.objectContaining({ id: 'a' })], seen[0], checkpointAt(1)]);
    expect(await store.read(async (one) => one.checkpointOf('zoo'))).toEqual(checkpointAt(2));
  });

  claim('a checkpoint that is read is that of the rows that are read', async ({ store }) => {
    const build = await store.open(zoo);
    let writing = true;
    const looking = (async () => {
      const differences = new Set<number>();
      while (writing) {
        // Some engines answer without ever letting others run.
        await new Promise(setImmediate);
        differences.add(
          await store.read(async (one) => {
            const { events } = one.checkpointOf('zoo') ?? { events: 0 };
            return events - (await rowsIn(one)).length;
          }),
        );
      }
      return [...differences];
    })();
    for (let number = 0; number < 60; number += 1) {
      await apply(store, build, [animal(String(number))]);
      await new Promise(setImmediate);
    }
    writing = false;
    expect(await looking).toEqual([0]);
  });

  claim('several read at once, each for itself', async ({ store }) => {
    const build = await store.open(zoo);
    const starting: (() => void)[] = [];
    const readings: Promise<number>[] = [];
    for (let rows = 0; rows < 4; rows += 1) {
      await new Promise<void>((begun) => {
        readings.push(
          store.read(async (one) => {
            // Some engines begin their snapshot with the first question.
            await rowsIn(one);
            begun();
            await new Promise<void>((resolve) => starting.push(resolve));
            return (await rowsIn(one)).length;
          }),
        );
      });
      await apply(store, build, [animal(String(rows))]);
    }
    for (const start of starting) start();
    expect(await Promise.all(readings)).toEqual([0, 1, 2, 3]);
  });

  claim('a question that fails ends its reading alone', async ({ store }) => {
    await store.open(zoo);
    await expect(store.read((one) => one.db.selectFrom('nowhere').selectAll().execute())).rejects.toThrow();
    await expect(store.read(() => Promise.reject(new Error('of my own')))).rejects.toThrow('of my own');
    for (let time = 0; time < 20; time += 1) {
      await expect(store.read(async (one) => one.tableOf('nowhere', 'animals'))).rejects.toThrow(TypeError);
    }
    expect(await rowsOf(store)).toEqual([]);
  });

  claim('a reading cannot write', async ({ store }) => {
    await store.open(zoo);
    await expect(
      store.read((one) =>
        one.db.insertInto(one.tableOf('zoo', 'animals')).values({ id: 'a', name: 'b' }).execute(),
      ),
    ).rejects.toThrow();
    expect(await rowsOf(store)).toEqual([]);
  });

  claim('a projection without tables has no checkpoint to read', async ({ store }) => {
    expect(await store.read(async (one) => one.checkpointOf('zoo'))).toBeNull();
  });
}

function lifetime(claim: StoreClaim): void {
  const parked = { position: checkpointAt(1).position, error: 'broken', attempts: 2 };

  for (const way of ['reopen', 'openAfterKill'] as const) {
    const how = way === 'reopen' ? 'closed and opened again' : 'killed';
    claim(`everything that was applied is there after the store was ${how}`, async (under) => {
      const live = await under.store.open(zoo);
      const next = await under.store.begin(zoo);
      await under.store.apply({
        build: live,
        changes: [animal('a', { name: 'Ada' })],
        from: null,
        to: checkpointAt(1),
        parking: [{ stream: 's', parked }],
      });
      await apply(under.store, next, [animal('b')]);
      const digest = await under.store.digest(live, 'animals');
      const builds = await under.store.builds();
      const store = await under[way]();
      expect(await store.builds()).toEqual(builds);
      expect(await store.open(zoo)).toEqual(live);
      expect(await store.checkpoint(live)).toEqual(checkpointAt(1));
      expect(await store.parked(live)).toEqual([{ stream: 's', ...parked }]);
      expect(await store.digest(live, 'animals')).toEqual(digest);
      await apply(store, live, [animal('c')]);
      await apply(store, next, [animal('d')]);
      expect((await rowsOf(store)).map(({ id }) => id)).toEqual(['a', 'c']);
      await store.makeLive(next);
      expect((await rowsOf(store)).map(({ id }) => id)).toEqual(['b', 'd']);
      if (way === 'openAfterKill') await store.close();
    });
  }

  claim('closing twice is closing once, and later calls are refused as unavailable', async ({ store }) => {
    const build = await store.open(zoo);
    await store.close();
    await store.close();
    const refused = { name: 'ModelStoreError', code: 'unavailable' };
    await expect(store.open(zoo)).rejects.toMatchObject(refused);
    await expect(store.checkpoint(build)).rejects.toMatchObject(refused);
    await expect(store.read(async () => 1)).rejects.toMatchObject(refused);
    await expect(store.apply({ build, changes: [], from: null, to: checkpointAt(1) })).rejects.toMatchObject(
      refused,
    );
  });
}
