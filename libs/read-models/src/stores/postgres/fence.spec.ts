// Who lost the lease and has not noticed yet: each thing that it could still write is refused by its number.

import { beforeEach, expect, it } from '@jest/globals';

import type { Position } from '#event-log/event-log.js';
import { writingUnder } from '#read-models/lease.js';
import type { Projection } from '#read-models/projection.js';
import { type Build, LeaseLost, type ModelStore } from '#read-models/store.js';
import { openPostgresStore } from '#read-models/stores/postgres/postgres-model-store.js';
import { describeOnPostgres } from '#read-models/testing/describe-on-postgres.js';

const letters: Projection = {
  name: 'letters',
  version: 1,
  tables: {
    texts: {
      columns: { id: { kind: 'text' }, text: { kind: 'text' } },
      key: ['id'],
      indexes: [{ columns: ['text'] }],
    },
  },
  on: {},
};
const boxes: Projection = { ...letters, name: 'boxes' };

const at = (events: number) => ({ log: 'a', position: String(events) as Position, events });
const put = (id: string) => [{ change: 'put', table: 'texts', row: { id, text: id } }] as const;
const setByText = [{ change: 'set', table: 'texts', where: { text: 'a' }, cells: { text: 'b' } }] as const;

type Reads =
  | 'checkpoint'
  | 'parked'
  | 'notes'
  | 'paused'
  | 'builds'
  | 'digest'
  | 'hold'
  | 'read'
  | 'readBuild'
  | 'close';
type Writes = Exclude<keyof ModelStore, Reads>;

interface Scene {
  readonly live: Build;
  readonly next: Build;
}

const noted = ({ next: { build } }: Scene) =>
  ({ build, projection: 'letters', side: null, phase: 'done', details: '' }) as const;

const writes = {
  open: (store) => store.open(boxes),
  apply: (store, { live: build }) => store.apply({ build, changes: put('b'), from: at(1), to: at(2) }),
  begin: (store) => store.begin(letters),
  finish: (store, { next }) => store.finish(next),
  makeLive: (store, scene) => store.makeLive(scene.next, { note: noted(scene) }),
  drop: (store, scene) => store.drop(scene.next, noted(scene)),
  note: (store, scene) => store.note(noted(scene)),
  setPaused: (store) => store.setPaused('letters', true),
} satisfies Record<Writes, (store: ModelStore, scene: Scene) => Promise<unknown>>;

describeOnPostgres("a store under a lease that is another server's", (server) => {
  let url: string;
  let store: ModelStore;
  let scene: Scene;
  beforeEach(async () => {
    url = await server().createDatabase();
    store = await openPostgresStore({ url });
    const live = await store.open(letters);
    const next = await store.begin(letters, {
      isBulk: true,
      note: { side: null, phase: 'building', details: '' },
    });
    for (const build of [live, next]) await store.apply({ build, changes: put('a'), from: null, to: at(1) });
    scene = { live, next };
  });

  async function hold(token: number): Promise<void> {
    await server().administer(
      `INSERT INTO read_models.leases VALUES ('projecting', 'other', ${token}, now() + interval '1 hour')
        ON CONFLICT (name) DO UPDATE SET token = excluded.token`,
      url,
    );
  }

  async function everything(): Promise<unknown> {
    const { rows: named } = await server().administer(
      "SELECT relname FROM pg_class WHERE relnamespace = 'read_models'::regnamespace ORDER BY 1",
      url,
    );
    const { rows: live } = await server().administer(
      `SELECT * FROM read_models.letters_${scene.live.build}_texts`,
      url,
    );
    return [named, live, await store.builds(), await store.notes(), await store.paused()];
  }

  it.each(Object.entries(writes))('is refused to %s, and nothing is changed', async (_, write) => {
    const before = await everything();
    await hold(2);
    await expect(write(writingUnder(1, store), scene)).rejects.toThrow(LeaseLost);
    expect(await everything()).toEqual(before);
    await write(writingUnder(2, store), scene);
    expect(await everything()).not.toEqual(before);
    await store.close();
  });

  it('makes no index that a change would need', async () => {
    const before = await everything();
    await hold(2);
    const batch = { build: scene.next, changes: setByText, from: at(1), to: at(2) };
    await expect(writingUnder(1, store).apply(batch)).rejects.toThrow(LeaseLost);
    expect(await everything()).toEqual(before);
    await writingUnder(2, store).apply(batch);
    expect(await everything()).not.toEqual(before);
    await store.close();
  });

  it('asks no more once it was refused, since the number never comes back', async () => {
    const former = writingUnder(1, store);
    await hold(2);
    await expect(former.note(noted(scene))).rejects.toThrow(LeaseLost);
    await store.close();
    await expect(former.begin(letters)).rejects.toThrow(LeaseLost);
  });
});
