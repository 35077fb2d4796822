import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';

import { animal, apply, rowsOf, zoo } from '#read-models/contract/samples.js';
import type { OpenedChange } from '#read-models/store.js';
import { assertVersion, openWriter } from '#read-models/stores/sqlite/model-file.js';
import { openSqliteStore } from '#read-models/stores/sqlite/sqlite-model-store.js';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-model-file-'));
  path = join(directory, 'read-models.db');
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('the file of read models', () => {
  it('loses rows only with their checkpoint, and overwrites what it deletes', () => {
    const database = openWriter(path);
    const names = ['journal_mode', 'synchronous', 'secure_delete', 'cell_size_check', 'temp_store'];
    const settings = names.map((name) => [name, database.pragma(name, { simple: true })]);
    database.close();
    expect(Object.fromEntries(settings)).toEqual({
      journal_mode: 'wal',
      synchronous: 1,
      secure_delete: 1,
      cell_size_check: 1,
      temp_store: 2,
    });
  });

  it('is for its owner only, with all that stands beside it', async () => {
    const before = process.umask(0);
    const store = openSqliteStore(path);
    try {
      await apply(store, await store.open(zoo), [animal('a')]);
      expect(['', '-wal', '-shm'].map((end) => statSync(path + end).mode & 0o777)).toEqual([
        0o600, 0o600, 0o600,
      ]);
    } finally {
      process.umask(before);
      await store.close();
    }
  });

  it.each(['3.51.2', '2.99.9'])('SQLite %s, which can lose commits, is refused', (version) => {
    expect(() => assertVersion(version)).toThrow(/3\.51\.3 is the oldest to use/);
  });

  it.each(['3.51.3', '4.0.0'])('SQLite %s is taken', (version) => {
    expect(() => assertVersion(version)).not.toThrow();
  });
});

describe('what is erased', () => {
  const secret = 'Wilhelmina Quetzalcoatl';
  const ways: readonly (readonly [string, OpenedChange])[] = [
    ['removed', { change: 'remove', table: 'animals', where: { id: 'a' } }],
    ['put anew', animal('a', { name: 'x', nickname: null })],
    ['set', { change: 'set', table: 'animals', where: { id: 'a' }, cells: { name: 'x', nickname: null } }],
  ];

  /** Of the text, and of the groups of three characters by which it is found. */
  function traces(): string[] {
    const bytes = readdirSync(directory).map((name) =>
      readFileSync(join(directory, name)).toString('latin1'),
    );
    const groups = ['Quetz', 'wil', 'uet', 'zal', 'tzalcoatl'];
    return groups.filter((group) => bytes.some((text) => text.includes(group)));
  }

  it.each(ways)('is in no byte any more soon after its row was %s', async (_, change) => {
    const store = openSqliteStore(path, { wipeAfterMs: 20 });
    try {
      const build = await store.open(zoo);
      await apply(store, build, [
        animal('a', { name: secret, nickname: secret }),
        animal('b', { name: 'Ada' }),
      ]);
      expect(traces()).not.toEqual([]);
      await apply(store, build, [change]);
      while (traces().length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
      expect(await rowsOf(store)).toContainEqual(expect.objectContaining({ name: 'Ada' }));
    } finally {
      await store.close();
    }
    expect(traces()).toEqual([]);
  });

  it('is in no byte any more after its build was dropped', async () => {
    const store = openSqliteStore(path, { wipeAfterMs: 20 });
    await store.open(zoo);
    const next = await store.begin(zoo);
    await apply(store, next, [animal('a', { name: secret, nickname: secret })]);
    await store.drop(next);
    await store.close();
    expect(traces()).toEqual([]);
  });

  it('waits for who still reads it, and goes then', async () => {
    const store = openSqliteStore(path, { wipeAfterMs: 20 });
    const build = await store.open(zoo);
    await apply(store, build, [animal('a', { name: secret })]);
    await store.read(async (reading) => {
      await apply(store, build, [animal('a', { name: 'x' })]);
      await new Promise((resolve) => setTimeout(resolve, 100));
      const table = reading.tableOf('zoo', 'animals');
      expect(await reading.db.selectFrom(table).select('name').execute()).toEqual([{ name: secret }]);
      expect(traces()).not.toEqual([]);
    });
    while (traces().length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    await store.close();
  });
});

describe('a file that is not the one that was written', () => {
  async function filled(): Promise<void> {
    const store = openSqliteStore(path);
    const many = Array.from({ length: 500 }, (_, at) =>
      animal(String(at), { name: `name ${at}`.repeat(10) }),
    );
    await apply(store, await store.open(zoo), many);
    await store.close();
  }

  /** Whatever it is, it is left as it was. */
  function refusal(): unknown {
    const before = existsSync(path) ? readFileSync(path) : null;
    try {
      openSqliteStore(path);
      return 'it was opened';
    } catch (error) {
      if (before !== null) expect(readFileSync(path).equals(before)).toBe(true);
      const { name, code, message } = error as { name: string; code: string; message: string };
      return { name, code, message };
    }
  }

  const isDamaged = (message: RegExp) => ({
    name: 'ModelStoreError',
    code: 'damaged',
    message: expect.stringMatching(message),
  });

  it('no database at all', () => {
    writeFileSync(path, 'a letter to somebody, which is a secret. '.repeat(500));
    expect(refusal()).toEqual(
      isDamaged(/no store of read models; move it away, and it is built anew from the log$/),
    );
  });

  it("another program's database", () => {
    const other = new Database(path);
    other.exec('CREATE TABLE letters (text TEXT)');
    other.close();
    expect(refusal()).toEqual(isDamaged(/its file is of another program/));
  });

  it('one of a newer form', async () => {
    await filled();
    const other = new Database(path);
    other.pragma('user_version = 4');
    other.close();
    expect(refusal()).toEqual(isDamaged(/its file has the form 4, and known is 3/));
  });

  it.each([
    [1, ['paused', 'replays', 'files']],
    [2, ['paused']],
  ])('one of the older form %i is made the present one, with its rows', async (form, missing) => {
    await filled();
    const older = new Database(path);
    for (const table of missing) older.exec(`DROP TABLE ${table}`);
    older.pragma(`user_version = ${form}`);
    older.close();
    const store = openSqliteStore(path);
    await store.setPaused('zoo', true);
    expect([await store.paused(), await store.notes()]).toEqual([['zoo'], []]);
    expect(await rowsOf(store)).toHaveLength(500);
    await store.close();
  });

  it('one whose own tables are others', async () => {
    await filled();
    const other = new Database(path);
    other.exec('ALTER TABLE parked ADD COLUMN more TEXT');
    other.close();
    expect(refusal()).toEqual(isDamaged(/its own tables are not those that were made/));
  });

  it('one whose first page is overwritten', async () => {
    await filled();
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 100, 4_000);
    writeFileSync(path, bytes);
    expect(refusal()).toEqual(isDamaged(/not well formed/));
  });

  it('one that is gone, while its WAL is there', async () => {
    await filled();
    rmSync(path);
    writeFileSync(`${path}-wal`, 'rows');
    expect(refusal()).toEqual(isDamaged(/its file is gone or empty, and its WAL is not/));
    expect(readFileSync(`${path}-wal`, 'utf8')).toBe('rows');
  });

  it('one that was cut', async () => {
    await filled();
    truncateSync(path, 12 * 4_096);
    expect(refusal()).toEqual(isDamaged(/not well formed/));
  });

  it('one with a page of rows overwritten is told as damaged by who reads it, and never as rows', async () => {
    await filled();
    const bytes = readFileSync(path);
    const pages = Array.from({ length: bytes.length / 4_096 }, (_, page) => page * 4_096);
    // 13 begins a page of rows, as against one of an index.
    const at = pages.find((page) => bytes[page] === 13 && bytes.indexOf('name 250', page) < page + 4_096);
    bytes.fill(0xa5, at, (at ?? 0) + 16);
    writeFileSync(path, bytes);
    const store = openSqliteStore(path);
    await expect(rowsOf(store)).rejects.toMatchObject({ name: 'ModelStoreError', code: 'damaged' });
    await store.close();
  });

  it('an empty one is a new one', async () => {
    writeFileSync(path, '');
    await filled();
    const store = openSqliteStore(path);
    expect(await rowsOf(store)).toHaveLength(500);
    await store.close();
  });
});
