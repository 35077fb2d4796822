import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
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

import { assertVersion, keyFilePath, openKeyFile } from '#key-store-sqlite/key-file.js';
import { SqliteKeyStore } from '#key-store-sqlite/sqlite-key-store.js';
import { sampleKey } from '#secrets/contract/samples.js';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-key-file-'));
  path = keyFilePath(directory);
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('the file of keys', () => {
  it('syncs each commit, overwrites what it deletes, and takes in its WAL by itself', () => {
    const { database, keeper } = openKeyFile(path);
    const names = ['journal_mode', 'synchronous', 'secure_delete', 'wal_autocheckpoint', 'fullfsync'];
    const more = ['temp_store', 'cell_size_check', 'checkpoint_fullfsync'];
    const settings = [...names, ...more].map((name) => [name, database.pragma(name, { simple: true })]);
    for (const handle of [keeper, database]) handle.close();
    expect(Object.fromEntries(settings)).toEqual({
      journal_mode: 'wal',
      synchronous: 2,
      secure_delete: 1,
      wal_autocheckpoint: 0,
      fullfsync: 1,
      checkpoint_fullfsync: 1,
      cell_size_check: 1,
      temp_store: 2,
    });
  });

  it('is for its owner only, with all that stands beside it', async () => {
    const before = process.umask(0);
    const store = await SqliteKeyStore.open({ directory: join(directory, 'below') });
    try {
      await store.add(sampleKey());
      const files = ['', '-wal', '-shm'].map((end) => join(directory, 'below', `keys.db${end}`));
      expect(files.map((file) => statSync(file).mode & 0o777)).toEqual([0o600, 0o600, 0o600]);
      expect(statSync(join(directory, 'below')).mode & 0o777).toBe(0o700);
    } finally {
      process.umask(before);
      await store.close();
    }
  });

  it.each(['3.51.2', '3.50.9', '2.99.9', '3.9.4'])(
    'SQLite %s, which can lose commits, is refused',
    (version) => {
      expect(() => assertVersion(version)).toThrow(/3\.51\.3 is the oldest to use/);
    },
  );

  it.each(['3.51.3', '3.52.0', '4.0.0'])('SQLite %s is taken', (version) => {
    expect(() => assertVersion(version)).not.toThrow();
  });
});

describe('a file that is not the one that was written', () => {
  /** Ten pages and more, all of them in the file. */
  async function filled(): Promise<void> {
    const store = await SqliteKeyStore.open({ directory });
    await Promise.all(Array.from({ length: 300 }, () => store.add(sampleKey())));
    await store.close();
  }

  async function refusal(): Promise<unknown> {
    const before = existsSync(path) ? readFileSync(path) : null;
    const opened = await SqliteKeyStore.open({ directory }).then(
      async (store) => {
        await store.close();
        return 'it was opened';
      },
      ({ name, code, message }) => ({ name, code, message }),
    );
    // Whatever it is, it is left as it was.
    if (before !== null) expect(readFileSync(path).equals(before)).toBe(true);
    return opened;
  }

  const isDamaged = (message: RegExp) => ({
    name: 'KeyStoreError',
    code: 'damaged',
    message: expect.stringMatching(message),
  });

  it('no database at all', async () => {
    writeFileSync(path, 'a letter to somebody, which is a secret. '.repeat(500));
    expect(await refusal()).toEqual(isDamaged(/is not well formed, or is no key store$/));
  });

  it("another program's database", async () => {
    const other = new Database(path);
    other.exec('CREATE TABLE letters (text TEXT)');
    other.close();
    expect(await refusal()).toEqual(isDamaged(/its tables are not those of a key store$/));
  });

  it('one with a table more', async () => {
    await filled();
    const other = new Database(path);
    other.exec('CREATE TABLE letters (text TEXT)');
    other.close();
    expect(await refusal()).toEqual(isDamaged(/its tables/));
  });

  it('one whose tables mean something else', async () => {
    await filled();
    const schema = new Database(path);
    const statements = schema.prepare('SELECT sql FROM sqlite_schema ORDER BY rowid').pluck().all();
    schema.close();
    rmSync(path);
    const other = new Database(path);
    for (const statement of statements) other.exec(String(statement).replace('subject TEXT', 'subject BLOB'));
    other.close();
    expect(await refusal()).toEqual(isDamaged(/its tables/));
  });

  it('one that was cut', async () => {
    await filled();
    truncateSync(path, 3 * 4_096);
    expect(await refusal()).toEqual(isDamaged(/well formed/));
  });

  it.each([1, 2, 3, 4, 5])('one with page %d overwritten', async (page) => {
    await filled();
    const bytes = readFileSync(path);
    bytes.fill(0xa5, page * 4_096, page * 4_096 + 512);
    writeFileSync(path, bytes);
    expect(await refusal()).toEqual(isDamaged(/well formed/));
  });

  it('one that is gone, while its WAL is there', async () => {
    const store = await SqliteKeyStore.open({ directory });
    await store.add(sampleKey());
    const wal = join(directory, 'kept');
    copyFileSync(`${path}-wal`, wal);
    await store.close();
    rmSync(path);
    copyFileSync(wal, `${path}-wal`);
    expect(await refusal()).toEqual(isDamaged(/its file is gone or empty, and its WAL is not$/));
    expect(readFileSync(`${path}-wal`).equals(readFileSync(wal))).toBe(true);
  });

  it('an empty one is a new one', async () => {
    writeFileSync(path, '');
    chmodSync(path, 0o600);
    await filled();
    expect(await refusal()).toBe('it was opened');
  });
});
