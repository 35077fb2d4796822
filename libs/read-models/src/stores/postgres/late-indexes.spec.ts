// A build that grows in bulk has the indexes that its changes need, and all others once it is finished.

import { expect, it } from '@jest/globals';
import { sql } from 'kysely';

import { animal, apply, zoo } from '#read-models/contract/samples.js';
import type { Build, ModelStore } from '#read-models/store.js';
import { openPostgresStore } from '#read-models/stores/postgres/postgres-model-store.js';
import { describeOnPostgres } from '#read-models/testing/describe-on-postgres.js';

async function indexesOf(store: ModelStore, { build }: Build): Promise<string[]> {
  const { rows } = await store.read(({ db }) =>
    sql<{ name: string }>`SELECT indexname AS name FROM pg_indexes
      WHERE tablename LIKE ${`zoo_${build}_%`} ORDER BY 1`.execute(db),
  );
  return rows.map(({ name }) => name.replace(`zoo_${build}_`, ''));
}

describeOnPostgres('a build that is begun in bulk', (server) => {
  it('has its keys, then what a change seeks rows by, and in the end all that others have', async () => {
    const store = await openPostgresStore({ url: await server().createDatabase() });
    const live = await store.open(zoo);
    const next = await store.begin(zoo, { isBulk: true });
    const keys = (await indexesOf(store, live)).filter((name) => name.endsWith('pkey'));
    await apply(store, next, [animal('a', { legs: 4 })]);
    expect(await indexesOf(store, next)).toEqual(keys);
    await apply(store, next, [{ change: 'set', table: 'animals', where: { legs: 4 }, cells: { name: 'b' } }]);
    expect(await indexesOf(store, next)).toHaveLength(keys.length + 1);
    await store.finish(next);
    expect(await indexesOf(store, next)).toEqual(await indexesOf(store, live));
    expect(await indexesOf(store, live)).not.toEqual(keys);
    await store.close();
  });
});
