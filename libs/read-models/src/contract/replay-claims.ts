import { expect } from '@jest/globals';

import type { StoreClaim } from '#read-models/contract/engine.js';
import { animal, apply, checkpointAt, rowsIn, rowsOf, zoo } from '#read-models/contract/samples.js';
import { Behind, type Build, Fenced, type ModelStore, type OpenedChange } from '#read-models/store.js';

/** What a replay needs of a store. */
export function replayClaims(claim: StoreClaim): void {
  growing(claim);
  switching(claim);
  standingStill(claim);
  notes(claim);
}

const asked = { side: null, phase: 'building', details: '{"a":1}' } as const;

function applyAt(store: ModelStore, build: Build, changes: readonly OpenedChange[], events: number) {
  const from = events === 1 ? null : checkpointAt(events - 1);
  return store.apply({ build, changes, from, to: checkpointAt(events), whileLive: true });
}

function growing(claim: StoreClaim): void {
  claim('rows that were written in bulk are found, changed and told as others are', async ({ store }) => {
    const live = await store.open(zoo);
    const next = await store.begin(zoo, { isBulk: true });
    const changes: OpenedChange[] = [
      animal('a', { name: 'Ada the cat', legs: 4 }),
      animal('b', { name: 'Bert', legs: 4, nickname: 'berti' }),
      animal('c', { name: 'Cleo', legs: 2 }),
      { change: 'set', table: 'animals', where: { legs: 4 }, cells: { nickname: 'cat of four' } },
      { change: 'remove', table: 'animals', where: { legs: 2 } },
    ];
    for (const build of [live, next]) await apply(store, build, changes);
    await store.finish(next);
    await store.finish(next);
    for (const build of [live, next])
      await apply(store, build, [animal('d', { name: 'Doris', nickname: 'the fourth' })]);
    expect(await store.digest(next, 'animals')).toEqual(await store.digest(live, 'animals'));
    await store.makeLive(next);
    const found = await store.read(async (reading) => {
      const text = { projection: 'zoo', table: 'animals', column: 'nickname', text: 'FOUR' };
      const query = reading.db.selectFrom(reading.tableOf('zoo', 'animals')).select('id').orderBy('id');
      return query.where(reading.mayContain(text)).execute();
    });
    expect(found.map(({ id }) => id)).toEqual(['a', 'b', 'd']);
  });

  claim('a build is read in the place of the live one, by who asks for it alone', async ({ store }) => {
    const live = await store.open(zoo);
    const next = await store.begin(zoo);
    await apply(store, live, [animal('a')]);
    await apply(store, next, [animal('b')]);
    const shown = await store.readBuild(next, (reading) => rowsIn(reading));
    expect(shown.map(({ id }) => id)).toEqual(['b']);
    expect((await rowsOf(store)).map(({ id }) => id)).toEqual(['a']);
    await store.drop(next);
    await expect(store.readBuild(next, (reading) => rowsIn(reading))).rejects.toThrow(TypeError);
    expect((await rowsOf(store)).map(({ id }) => id)).toEqual(['a']);
  });
}

function switching(claim: StoreClaim): void {
  claim('a build that shows less of the log than the live one is not made live', async ({ store }) => {
    const live = await store.open(zoo);
    const next = await store.begin(zoo, { note: asked });
    await applyAt(store, live, [animal('a')], 1);
    await expect(store.makeLive(next)).rejects.toThrow(Behind);
    await apply(store, next, [animal('b')]);
    await applyAt(store, live, [], 2);
    const note = { build: next.build, projection: 'zoo', side: null, phase: 'done', details: '' } as const;
    await expect(store.makeLive(next, { note })).rejects.toThrow(Behind);
    expect(await store.notes()).toMatchObject([{ phase: 'building' }]);
    expect((await rowsOf(store)).map(({ id }) => id)).toEqual(['a']);
    await apply(store, next, []);
    await store.makeLive(next, { note });
    expect(await store.notes()).toEqual([note]);
    expect((await rowsOf(store)).map(({ id }) => id)).toEqual(['b']);
  });

  claim('who writes to the live build writes nothing once another is live', async ({ store }) => {
    const live = await store.open(zoo);
    const next = await store.begin(zoo);
    await applyAt(store, live, [animal('a')], 1);
    await expect(applyAt(store, next, [animal('b')], 1)).rejects.toThrow(Fenced);
    await apply(store, next, [animal('b')]);
    await store.makeLive(next);
    await expect(applyAt(store, live, [animal('c')], 2)).rejects.toThrow(Fenced);
    expect(await store.checkpoint(live)).toEqual(checkpointAt(1));
    await applyAt(store, next, [animal('d')], 2);
    expect((await rowsOf(store)).map(({ id }) => id)).toEqual(['b', 'd']);
    await store.drop(live);
    await expect(applyAt(store, live, [], 2)).rejects.toThrow(Fenced);
  });

  claim(
    'while one is made live again and again, readers see the one or the other whole',
    async ({ store }) => {
      const first = await store.open(zoo);
      await apply(store, first, [animal('a'), animal('b')]);
      let [isOver, readings] = [false, 0];
      const looking = (async () => {
        const seen = new Set<string>();
        while (!isOver) {
          readings += 1;
          await new Promise(setImmediate);
          const [ids, at] = await store.read(async (one) => [await rowsIn(one), one.checkpointOf('zoo')]);
          seen.add(`${(ids as { id: string }[]).map(({ id }) => id)} ${(at as { events: number }).events}`);
        }
        return [...seen].sort();
      })();
      let before = first;
      const allowed = ['a,b 1'];
      for (let nth = 2; nth < 8; nth += 1) {
        const next = await store.begin(zoo);
        for (let events = 1; events <= nth; events += 1)
          await apply(store, next, [animal(`x${nth}`), animal(`y${nth}`)]);
        await store.makeLive(next);
        allowed.push(`x${nth},y${nth} ${nth}`);
        // Who began before finishes first: a build is dropped later than a query may take.
        const begun = readings;
        while (readings === begun) await Promise.race([looking, new Promise(setImmediate)]);
        await store.drop(before);
        before = next;
      }
      isOver = true;
      const seen = await looking;
      expect(seen.filter((one) => !allowed.includes(one))).toEqual([]);
    },
  );

  claim('a build with a name beside is never live', async ({ store }) => {
    await store.open(zoo);
    const side = await store.begin(zoo, { note: { ...asked, side: 'last week' } });
    await apply(store, side, [animal('b')]);
    await expect(store.makeLive(side)).rejects.toThrow(TypeError);
    expect(await rowsOf(store)).toEqual([]);
  });
}

function standingStill(claim: StoreClaim): void {
  claim('rows that are held stand still, and others are written meanwhile', async ({ store }) => {
    const live = await store.open(zoo);
    await apply(store, live, [animal('a')]);
    const next = await store.begin(zoo);
    await apply(store, next, [animal('a')]);
    for (const build of [live, next]) {
      const before = await store.digest(build, 'animals');
      const seen = await store.hold(build, async (still) => {
        await apply(store, build, [animal('b'), animal('a', { name: 'Ada' })]);
        return [await still.digest('animals'), still.checkpoint, await still.digest('meals')];
      });
      expect(seen).toEqual([before, checkpointAt(1), { rows: 0, digest: '0'.repeat(64) }]);
      expect(await store.digest(build, 'animals')).toMatchObject({ rows: 2 });
    }
    await store.drop(next);
    await expect(store.hold(next, async () => 1)).rejects.toThrow(Fenced);
  });
}

function notes(claim: StoreClaim): void {
  claim('what is noted of a replay outlives a kill, and its build', async (under) => {
    const { store } = under;
    await store.open(zoo);
    const next = await store.begin(zoo, { isBulk: true, note: asked });
    const note = { build: next.build, projection: 'zoo', ...asked };
    expect(await store.notes()).toEqual([note]);
    await store.note({ ...note, phase: 'failed', details: '{"b":2}' });
    await apply(store, next, [animal('a')]);
    const again = await under.openAfterKill();
    expect(await again.notes()).toEqual([{ ...note, phase: 'failed', details: '{"b":2}' }]);
    expect(await again.checkpoint(next)).toEqual(checkpointAt(1));
    await again.finish(next);
    await again.drop(next, { ...note, phase: 'cancelled' });
    expect(await again.notes()).toEqual([{ ...note, phase: 'cancelled' }]);
    expect((await again.builds()).map(({ build }) => build)).not.toContain(next.build);
    const { build } = await again.begin(zoo, { note: asked });
    expect(await again.notes()).toEqual([{ build, projection: 'zoo', ...asked }]);
    await again.close();
  });
}
