// What a failing disk, a careless operator and an attacker with SQL do to a log.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import BetterSqlite3 from 'better-sqlite3';

import { type ChainedRow, linkOf } from '#event-log-sqlite/chain.js';
import type { Chance } from '#test/faults/chance.js';
import { fileNames, type Image, imageOf, layOut, type WrittenLog } from '#test/faults/written-log.js';

export interface Damage {
  readonly name: string;
  /** Done by one who knows how links are made: found, but seen only at the row after it, or at the mark. */
  readonly forged?: 'row' | 'chain';
  readonly hurt: (log: WrittenLog, chance: Chance) => Image;
}

type Part = keyof Image;

const sectorSizes = [512, 4_096, 8_192] as const;

function changed(image: Image, part: Part, change: (bytes: Buffer) => Buffer | null): Image {
  const bytes = image[part];
  return bytes === null ? image : { ...image, [part]: change(Buffer.from(bytes)) };
}

function inPlace(image: Image, part: Part, change: (bytes: Buffer) => void): Image {
  return changed(image, part, (bytes) => {
    change(bytes);
    return bytes;
  });
}

/** With everything in the file, or with the end of the log in the WAL. */
function either(log: WrittenLog, chance: Chance): Image {
  return chance.pick([log.closed, log.live]);
}

function flip(bytes: Buffer, chance: Chance, { from, to } = { from: 0, to: bytes.length }): void {
  const at = chance.between(from, to - 1);
  bytes[at] = (bytes[at] as number) ^ (1 << chance.below(8));
}

function zeros(bytes: Buffer, chance: Chance): void {
  const at = chance.below(bytes.length);
  bytes.fill(0, at, Math.min(at + chance.between(1, 16_384), bytes.length));
}

/** A write that the disk took for done and never did: one of the sectors that it would have changed. */
function older(bytes: Buffer, before: Buffer | null, chance: Chance): void {
  if (before === null) return;
  const size = chance.pick(sectorSizes);
  const common = Math.min(bytes.length, before.length);
  const changedAt = Array.from({ length: Math.floor(common / size) }, (_, sector) => sector * size).filter(
    (at) => bytes.compare(before, at, at + size, at, at + size) !== 0,
  );
  if (changedAt.length === 0) return;
  const at = chance.pick(changedAt);
  before.copy(bytes, at, at, at + size);
}

/** A write that reached the wrong place. */
function misplaced(bytes: Buffer, chance: Chance): void {
  const size = chance.pick(sectorSizes);
  const sectors = Math.floor(bytes.length / size);
  const [from, to] = [chance.below(sectors) * size, chance.below(sectors) * size];
  bytes.copyWithin(to, from, from + size);
}

const ofBits: readonly Damage[] = [
  {
    name: 'a bit of the file',
    hurt: (log, chance) => inPlace(log.closed, 'db', (bytes) => flip(bytes, chance)),
  },
  {
    name: 'a bit of the file beside a WAL',
    hurt: (log, chance) => inPlace(log.live, 'db', (bytes) => flip(bytes, chance)),
  },
  {
    name: 'a bit of the file header',
    hurt: (log, chance) =>
      inPlace(either(log, chance), 'db', (bytes) => flip(bytes, chance, { from: 0, to: 100 })),
  },
  {
    name: 'a bit of the WAL',
    hurt: (log, chance) => inPlace(log.live, 'wal', (bytes) => flip(bytes, chance)),
  },
  {
    name: 'a bit of a header in the WAL',
    hurt: (log, chance) =>
      inPlace(log.live, 'wal', (bytes) => {
        const frame = chance.below(Math.floor((bytes.length - 32) / (8_192 + 24)));
        const at = chance.below(4) === 0 ? 0 : 32 + frame * (8_192 + 24);
        flip(bytes, chance, { from: at, to: at + 24 });
      }),
  },
  {
    name: 'a bit of the head mark',
    hurt: (log, chance) =>
      inPlace(either(log, chance), 'mark', (bytes) => {
        const slot = chance.below(2) * 4_096;
        flip(bytes, chance, chance.below(3) === 0 ? undefined : { from: slot, to: slot + 140 });
      }),
  },
];

const ofLengths: readonly Damage[] = (['db', 'wal', 'mark'] as const).flatMap((part) => [
  {
    name: `a cut of the ${part}`,
    hurt: (log: WrittenLog, chance: Chance) =>
      changed(part === 'wal' ? log.live : either(log, chance), part, (bytes) =>
        bytes.subarray(0, chance.below(bytes.length)),
      ),
  },
  {
    name: `no ${part}`,
    hurt: (log: WrittenLog, chance: Chance) =>
      changed(part === 'wal' ? log.live : either(log, chance), part, () => null),
  },
]);

const ofSectors: readonly Damage[] = (['db', 'wal', 'mark'] as const).flatMap((part) => [
  {
    name: `zeros in the ${part}`,
    hurt: (log: WrittenLog, chance: Chance) =>
      inPlace(part === 'wal' ? log.live : either(log, chance), part, (bytes) => zeros(bytes, chance)),
  },
  {
    name: `an older sector in the ${part}`,
    hurt: (log: WrittenLog, chance: Chance) =>
      inPlace(part === 'wal' ? log.live : either(log, chance), part, (bytes) =>
        older(bytes, log.older[part], chance),
      ),
  },
  {
    name: `a sector in a wrong place of the ${part}`,
    hurt: (log: WrittenLog, chance: Chance) =>
      inPlace(part === 'wal' ? log.live : either(log, chance), part, (bytes) => misplaced(bytes, chance)),
  },
]);

const ofFiles: readonly Damage[] = [
  { name: 'an older file beside a newer mark', hurt: (log) => ({ ...log.closed, db: log.older.db }) },
  { name: 'an older file under a newer WAL', hurt: (log) => ({ ...log.live, db: log.older.db }) },
  { name: 'an older WAL on a newer file', hurt: (log) => ({ ...log.live, wal: log.older.wal }) },
  {
    name: 'a whole older log beside a newer mark',
    hurt: (log) => ({ ...log.older, mark: log.live.mark }),
  },
  { name: 'nothing but a WAL', hurt: (log) => ({ db: null, wal: log.live.wal, mark: null }) },
];

type Edit = (database: Database, chance: Chance) => void;

const allColumns = 'position, stream, revision, id, type, data, metadata, before, link';

function someRow(database: Database, chance: Chance): ChainedRow {
  const last = database.prepare('SELECT max(position) FROM events').pluck().get() as number;
  const row = database.prepare(`SELECT ${allColumns} FROM events WHERE position = ?`);
  return row.get(chance.between(1, last)) as ChainedRow;
}

/** The end of the log is more interesting than its share of positions. */
function rowNearEnd(database: Database, chance: Chance): ChainedRow {
  const last = database.prepare('SELECT max(position) FROM events').pluck().get() as number;
  const row = database.prepare(`SELECT ${allColumns} FROM events WHERE position = ?`);
  return row.get(last - chance.below(3)) as ChainedRow;
}

function anyRow(database: Database, chance: Chance): ChainedRow {
  return chance.below(4) === 0 ? rowNearEnd(database, chance) : someRow(database, chance);
}

function insert(database: Database, row: ChainedRow): void {
  const values = `@position, @stream, @revision, @id, @type, @data, @metadata, @before, @link`;
  database
    .prepare(`INSERT INTO events (${allColumns}) VALUES (${values})`)
    .run({ ...row, link: linkOf(row) });
}

function setEnd(database: Database, { stream, revision, position }: ChainedRow): void {
  database.prepare('INSERT OR REPLACE INTO streams VALUES (?, ?, ?)').run(stream, revision, position);
}

/** Runs under another definition of the index, so that it is not kept up; then puts the old one back. */
function behindTheIndex(database: Database, condition: string, edit: (database: Database) => void): void {
  const [sql] = database
    .prepare("SELECT sql FROM sqlite_schema WHERE name = 'events_by_stream'")
    .pluck()
    .all() as string[];
  const define = (definition: string) => {
    database.unsafeMode(true);
    database.pragma('writable_schema = ON');
    database.prepare("UPDATE sqlite_schema SET sql = ? WHERE name = 'events_by_stream'").run(definition);
    database.pragma('writable_schema = RESET');
  };
  define(`${sql} WHERE ${condition}`);
  edit(database);
  define(String(sql));
}

const edits: Readonly<Record<string, Edit>> = {
  'two rows swapped': (database, chance) => {
    const [a, b] = [someRow(database, chance), someRow(database, chance)];
    const move = database.prepare('UPDATE events SET position = ? WHERE position = ?');
    move.run(-1, a.position);
    move.run(a.position, b.position);
    move.run(a.position === b.position ? a.position : b.position, -1);
  },
  'a row deleted': (database, chance) => {
    database.prepare('DELETE FROM events WHERE position = ?').run(anyRow(database, chance).position);
  },
  'the last row deleted, and its stream told so': (database) => {
    const row = database
      .prepare(`SELECT ${allColumns} FROM events ORDER BY position DESC LIMIT 1`)
      .get() as ChainedRow;
    database.prepare('DELETE FROM events WHERE position = ?').run(row.position);
    const before = database
      .prepare(`SELECT ${allColumns} FROM events WHERE stream = ? ORDER BY revision DESC LIMIT 1`)
      .get(row.stream) as ChainedRow | undefined;
    if (before === undefined) database.prepare('DELETE FROM streams WHERE stream = ?').run(row.stream);
    else setEnd(database, before);
  },
  'a row changed': (database, chance) => {
    const column = chance.pick(['data', 'metadata', 'type', 'id', 'stream', 'before', 'link']);
    const { position } = anyRow(database, chance);
    database.prepare(`UPDATE events SET ${column} = ${column} || ' ' WHERE position = ?`).run(position);
  },
  'a revision changed': (database, chance) => {
    const { position } = anyRow(database, chance);
    database.prepare('UPDATE events SET revision = revision + 100000 WHERE position = ?').run(position);
  },
  'a row added at the end that follows nothing': (database, chance) => {
    const row = rowNearEnd(database, chance);
    const last = database.prepare('SELECT max(position) FROM events').pluck().get() as number;
    const added = { ...row, position: last + 1, stream: 'user-ghost', revision: 0, before: 'nothing' };
    insert(database, added);
    setEnd(database, added);
  },
  'a row added far beyond the end': (database, chance) => {
    const row = rowNearEnd(database, chance);
    insert(database, { ...row, position: row.position + 1_000, stream: 'user-ghost', revision: 0 });
  },
  'a row added before the first one': (database, chance) => {
    const added = {
      ...someRow(database, chance),
      position: -chance.below(3),
      stream: 'user-ghost',
      revision: 0,
    };
    insert(database, added);
    setEnd(database, added);
  },
  'the end of a stream moved': (database, chance) => {
    const { stream } = anyRow(database, chance);
    const column = chance.pick(['last_revision', 'last_position']);
    database
      .prepare(`UPDATE streams SET ${column} = ${column} + ? WHERE stream = ?`)
      .run(chance.pick([-1, 1, 7]), stream);
  },
  'the end of a stream deleted': (database, chance) => {
    database.prepare('DELETE FROM streams WHERE stream = ?').run(anyRow(database, chance).stream);
  },
  'the end of a stream that never was': (database, chance) => {
    setEnd(database, { ...someRow(database, chance), stream: 'user-ghost' });
  },
  'an entry of the index gone': (database, chance) => {
    const { position } = anyRow(database, chance);
    const row = database.prepare(`SELECT ${allColumns} FROM events WHERE position = ?`).get(position);
    database.prepare('DELETE FROM events WHERE position = ?').run(position);
    behindTheIndex(database, 'position < 0', () => insert(database, row as ChainedRow));
  },
  'a row gone, and its entry in the index not': (database, chance) => {
    const { position } = anyRow(database, chance);
    behindTheIndex(database, 'position < 0', () => {
      database.prepare('DELETE FROM events WHERE position = ?').run(position);
    });
  },
  'an entry of the index that leads to another stream': (database, chance) => {
    const { position } = anyRow(database, chance);
    behindTheIndex(database, 'position < 0', () => {
      database.prepare("UPDATE events SET stream = 'user-ghost' WHERE position = ?").run(position);
    });
  },
  'a trigger added': (database) => {
    database.exec('CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM streams; END');
  },
  'a column added': (database) => {
    database.exec('ALTER TABLE events ADD COLUMN more TEXT');
  },
  'the identity changed': (database) => {
    database.exec("UPDATE log SET identity = 'another'");
  },
  'a second identity': (database) => {
    database.exec("INSERT INTO log VALUES ('another')");
  },
};

const forgedRow: Readonly<Record<string, Edit>> = {
  'a row changed together with its link': (database, chance) => {
    const row = anyRow(database, chance);
    database.prepare('DELETE FROM events WHERE position = ?').run(row.position);
    insert(database, { ...row, data: '{"forged":true}' });
  },
};

const forgedChain: Readonly<Record<string, Edit>> = {
  'a row changed, and the whole chain after it made anew': (database, chance) => {
    const from = anyRow(database, chance).position;
    const rows = database
      .prepare(`SELECT ${allColumns} FROM events WHERE position >= ? ORDER BY position`)
      .all(from) as ChainedRow[];
    const write = database.prepare('UPDATE events SET data = ?, before = ?, link = ? WHERE position = ?');
    let before = rows[0]?.before ?? '';
    for (const row of rows) {
      const data = row.position === from ? '{"forged":true}' : row.data;
      const link = linkOf({ ...row, data, before });
      write.run(data, before, link, row.position);
      before = link;
    }
  },
};

/** The edit as it stands in the file; the WAL is taken in. */
function edited(image: Image, edit: (database: Database) => void): Image {
  const directory = mkdtempSync(join(tmpdir(), 'countersign-edit-'));
  try {
    layOut(image, directory);
    const database = new BetterSqlite3(join(directory, fileNames.db));
    try {
      database.pragma('synchronous = OFF');
      edit(database);
    } finally {
      database.close();
    }
    return imageOf(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const bySql = (entries: Readonly<Record<string, Edit>>, forged?: Damage['forged']): readonly Damage[] =>
  Object.entries(entries).map(([name, edit]) => ({
    name,
    ...(forged && { forged }),
    hurt: (log: WrittenLog, chance: Chance) =>
      edited(log.closed, (database) => database.transaction(() => edit(database, chance))()),
  }));

export const damages: readonly Damage[] = [
  ...ofBits,
  ...ofLengths,
  ...ofSectors,
  ...ofFiles,
  ...bySql(edits),
  ...bySql(forgedRow, 'row'),
  ...bySql(forgedChain, 'chain'),
];
