import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';

import { animal, apply, zoo } from '#read-models/contract/samples.js';
import type { ModelStore } from '#read-models/store.js';
import { lookIntoModels } from '#read-models/stores/sqlite/look-into-models.js';
import { buildPath } from '#read-models/stores/sqlite/model-file.js';
import { openSqliteStore } from '#read-models/stores/sqlite/sqlite-model-store.js';

let directory: string;
let path: string;
let store: ModelStore;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-look-'));
  path = join(directory, 'models.db');
  store = openSqliteStore(path);
});
afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

const note = { side: null, phase: 'building', details: '{}' } as const;

describe('files of read models, looked into from outside', () => {
  it('tell each build with its checkpoint and what is parked, while they are written', async () => {
    const live = await store.open(zoo);
    const seen = await apply(store, live, [animal('a')]);
    const next = await store.begin(zoo, { note });
    const from = await store.checkpoint(next);
    const failed = { position: seen.position, error: 'no rows', attempts: 4 };
    const parking = [{ stream: 'zoo-1', parked: failed }];
    await store.apply({ build: next, changes: [], from, to: seen, parking });
    expect(lookIntoModels(path)).toEqual({
      builds: [
        expect.objectContaining({ build: live.build, isLive: true, checkpoint: seen, parked: [] }),
        expect.objectContaining({
          build: next.build,
          isLive: false,
          checkpoint: seen,
          parked: [{ stream: 'zoo-1', ...failed }],
        }),
      ],
      notes: [{ build: next.build, projection: 'zoo', ...note }],
    });
  });

  it('leave out a build whose file was removed a moment ago', async () => {
    const live = await store.open(zoo);
    const next = await store.begin(zoo, { note });
    for (const end of ['', '-wal', '-shm']) rmSync(buildPath(path, next.build) + end);
    expect(lookIntoModels(path).builds.map(({ build }) => build)).toEqual([live.build]);
  });

  it('that are no read models are refused, and left as they are', async () => {
    const other = join(directory, 'other.db');
    const database = new Database(other);
    database.exec('CREATE TABLE t (a)');
    database.close();
    const before = readFileSync(other);
    expect(() => lookIntoModels(other)).toThrow(/of another program/);
    expect(readFileSync(other)).toEqual(before);
  });
});
