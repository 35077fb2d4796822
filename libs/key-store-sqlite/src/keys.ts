// The rows of keys.db. A row needs no checksum: a wrapped key proves itself, its subject and its ids when
// it is opened.

import type { Database, Statement } from 'better-sqlite3';
import { wrappedBytes } from '#key-store-sqlite/key-file.js';
import { damaged } from '#key-store-sqlite/key-store-failure.js';
import type { KeyPage, WrappedKey } from '#secrets/key-store.js';

interface Row {
  readonly subject: string;
  readonly key_id: string;
  readonly master_key_id: string;
  readonly slot: number;
  readonly wrapped: Buffer | null;
}

const rows = 'SELECT subject, key_id, master_key_id, slot, wrapped FROM keys LEFT JOIN slots USING (slot)';

export class Keys {
  readonly #one: Statement<[string], Row>;
  readonly #page: Statement<[string, string, number], Row>;
  readonly #masterKeyIds: Statement<[], string>;
  readonly #counts: Statement<[], { masterKeyId: string; count: number }>;
  readonly #fillSlot: Statement<[Uint8Array]>;
  readonly #overwriteSlot: Statement<[Uint8Array, number]>;
  readonly #insert: Statement<[string, string, string, number | bigint]>;
  readonly #update: Statement<[string, string, string]>;
  readonly #delete: Statement<[string]>;

  constructor(database: Database) {
    this.#one = database.prepare(`${rows} WHERE subject = ?`);
    this.#page = database.prepare(`${rows} WHERE master_key_id = ? AND subject > ? ORDER BY subject LIMIT ?`);
    // Steps from one id to the next in the index: there are few, and many keys of each.
    this.#masterKeyIds = database
      .prepare<[], string>(
        `WITH RECURSIVE ids (id) AS (
          SELECT min(master_key_id) FROM keys
          UNION ALL SELECT (SELECT min(master_key_id) FROM keys WHERE master_key_id > id) FROM ids WHERE id IS NOT NULL
        ) SELECT id FROM ids WHERE id IS NOT NULL`,
      )
      .pluck();
    this.#counts = database.prepare(
      'SELECT master_key_id AS masterKeyId, count(*) AS count FROM keys GROUP BY master_key_id',
    );
    this.#fillSlot = database.prepare('INSERT INTO slots (wrapped) VALUES (?)');
    this.#overwriteSlot = database.prepare('UPDATE slots SET wrapped = ? WHERE slot = ?');
    this.#insert = database.prepare('INSERT INTO keys VALUES (?, ?, ?, ?)');
    this.#update = database.prepare('UPDATE keys SET key_id = ?, master_key_id = ? WHERE subject = ?');
    this.#delete = database.prepare('DELETE FROM keys WHERE subject = ?');
  }

  add({ subject, keyId, masterKeyId, wrapped }: WrappedKey): boolean {
    if (this.#one.get(subject) !== undefined) return false;
    const { lastInsertRowid } = this.#fillSlot.run(wrapped);
    this.#insert.run(subject, keyId, masterKeyId, lastInsertRowid);
    return true;
  }

  get(subject: string): WrappedKey | null {
    const row = this.#one.get(subject);
    return row === undefined ? null : keyOf(row);
  }

  erase(subject: string): boolean {
    const row = this.#one.get(subject);
    if (row === undefined) return false;
    this.#overwriteSlot.run(Buffer.alloc(wrappedBytes), row.slot);
    this.#delete.run(subject);
    return true;
  }

  rewrap(from: WrappedKey, to: WrappedKey): boolean {
    const row = this.#one.get(from.subject);
    if (row === undefined || !isSame(keyOf(row), from)) return false;
    this.#overwriteSlot.run(to.wrapped, row.slot);
    this.#update.run(to.keyId, to.masterKeyId, from.subject);
    return true;
  }

  notWrappedBy(masterKeyId: string, { after, limit }: KeyPage): WrappedKey[] {
    return this.#masterKeyIds
      .all()
      .filter((id) => id !== masterKeyId)
      .flatMap((id) => this.#page.all(id, after ?? '', limit))
      .sort((left, right) => (left.subject < right.subject ? -1 : 1))
      .slice(0, limit)
      .map(keyOf);
  }

  countByMasterKey(): Map<string, number> {
    return new Map(this.#counts.all().map(({ masterKeyId, count }) => [masterKeyId, count]));
  }
}

function keyOf({ subject, key_id, master_key_id, wrapped }: Row): WrappedKey {
  if (wrapped === null) throw damaged('a key has lost its slot');
  return { subject, keyId: key_id, masterKeyId: master_key_id, wrapped };
}

function isSame(stored: WrappedKey, from: WrappedKey): boolean {
  return (
    stored.keyId === from.keyId &&
    stored.masterKeyId === from.masterKeyId &&
    Buffer.compare(stored.wrapped, from.wrapped) === 0
  );
}
