// What was removed is soon written over by what came after it in its page. PostgreSQL clears no page: ADR 31 says what is
// left, and where.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';

import { animal, checkpointAt, zoo } from '#read-models/contract/samples.js';
import type { ModelStore, OpenedChange } from '#read-models/store.js';
import { openPostgresStore } from '#read-models/stores/postgres/postgres-model-store.js';
import { describeOnPostgres } from '#read-models/testing/describe-on-postgres.js';

const nickname = 'victim-at-example-dot-org';

describeOnPostgres('rows that were removed', (server) => {
  let url: string;
  let store: ModelStore;
  beforeEach(async () => {
    url = await server().createDatabase();
    store = await openPostgresStore({ url, wipeAfterMs: 50 });
  });
  afterEach(() => store.close());

  /** Of tables and indexes, when everything that waits in memory was written. */
  async function filesWith(text: string): Promise<string[]> {
    await server().administer('CHECKPOINT');
    const directory = join(server().dataDirectory, 'base');
    const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' });
    return paths.filter((path) => {
      const file = join(directory, path);
      return statSync(file, { throwIfNoEntry: false })?.isFile() && readFileSync(file).includes(text);
    });
  }

  async function untilGone(text: string): Promise<void> {
    while ((await filesWith(text)).length > 0) await pause(50);
  }

  const others = (from: number) =>
    Array.from({ length: 40 }, (_, nth) => animal(`other-${from + nth}`, { nickname: `nick-${from + nth}` }));
  const removal: OpenedChange = { change: 'remove', table: 'animals', where: { id: 'victim' } };

  it('are soon written over in the files of their table by what came after them', async () => {
    const build = await store.open(zoo);
    const changes = [...others(0), animal('victim', { nickname }), ...others(40)];
    await store.apply({ build, changes, from: null, to: checkpointAt(1), whileLive: true });
    expect(await filesWith(nickname)).not.toEqual([]);
    await store.apply({
      build,
      changes: [removal],
      from: checkpointAt(1),
      to: checkpointAt(2),
      whileLive: true,
    });
    await untilGone(nickname);
  }, 60_000);

  it('are cleaned again where a reader could still see them the first time', async () => {
    const build = await store.open(zoo);
    const changes = [...others(0), animal('victim', { nickname }), ...others(40)];
    await store.apply({ build, changes, from: null, to: checkpointAt(1), whileLive: true });
    await store.hold(build, async () => {
      await store.apply({
        build,
        changes: [removal],
        from: checkpointAt(1),
        to: checkpointAt(2),
        whileLive: true,
      });
      await pause(500);
    });
    await untilGone(nickname);
  }, 60_000);

  it('are cleaned in a build once it is live', async () => {
    await store.open(zoo);
    const build = await store.begin(zoo, { isBulk: true });
    const changes = [...others(0), animal('victim', { nickname }), ...others(40)];
    await store.apply({ build, changes, from: null, to: checkpointAt(1) });
    await store.apply({ build, changes: [removal], from: checkpointAt(1), to: checkpointAt(2) });
    await pause(500);
    expect(await filesWith(nickname)).not.toEqual([]);
    await store.finish(build);
    await store.makeLive(build);
    await untilGone(nickname);
  }, 60_000);
});
