import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';

import { animal, apply, zoo } from '#read-models/contract/samples.js';
import type { ModelStore } from '#read-models/store.js';
import { openSqliteStore } from '#read-models/stores/sqlite/sqlite-model-store.js';

let directory: string;
let one: ModelStore;
let other: ModelStore;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-written-file-'));
  one = openSqliteStore(join(directory, 'read-models.db'));
  other = openSqliteStore(join(directory, 'read-models.db'));
});
afterEach(async () => {
  await one.close();
  await other.close();
  rmSync(directory, { recursive: true });
});

const foundBy = (text: string) =>
  one.read(({ db, tableOf, mayContain }) =>
    db
      .selectFrom(tableOf('zoo', 'animals'))
      .select('id')
      .where(mayContain({ projection: 'zoo', table: 'animals', column: 'name', text }))
      .execute(),
  );

it('what was written by two before one of them finished a build is found by its text in what the other writes after', async () => {
  await one.open(zoo);
  const build = await other.begin(zoo, { isBulk: true });
  await apply(other, build, [animal('a', { name: 'Ada' })]);
  await apply(one, build, [animal('b', { name: 'Barbara' })]);
  await other.finish(build);
  await other.makeLive(build);
  await apply(one, build, [animal('c', { name: 'Grace' }), animal('a', { name: 'Alan' })]);
  const found = await Promise.all(['barbara', 'grace', 'alan', 'ada'].map(foundBy));
  expect(found.map((rows) => rows.map(({ id }) => id))).toEqual([['b'], ['c'], ['a'], []]);
});
