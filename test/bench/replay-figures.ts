// `node --conditions=development test/bench/replay-figures.ts --events 1000000`: a replay of users beside a bare loop
// over the same file of events: scan, parse, open and insert the same rows, into a table with the same indexes, and
// into one with its key alone.

import { createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Database from 'better-sqlite3';

import type { LoginKey, OrganizationId, Sealed } from '#domain/ids.js';
import { type DomainEvent, encodeEvent } from '#event-catalog/catalogue.js';
import { positionNumber } from '#event-log/counted-position.js';
import { openSqliteLogForReading } from '#event-log-sqlite/log-for-reading.js';
import { pathsIn } from '#event-log-sqlite/open-log.js';
import { SqliteEventLog } from '#event-log-sqlite/sqlite-event-log.js';
import { users } from '#read-models/models/users.js';
import type { Opener } from '#read-models/opener.js';
import type { Cell } from '#read-models/projection.js';
import { Replay } from '#read-models/replay/replay.js';
import type { ModelStore } from '#read-models/store.js';
import { openSqliteStore } from '#read-models/stores/sqlite/sqlite-model-store.js';
import {
  creation,
  listed,
  orderedIndexes,
  quoted,
  textIndex,
  textIndexName,
} from '#read-models/stores/sqlite/tables.js';
import { shapesOf, type TableShape } from '#read-models/table-shape.js';
import type { DataKey } from '#secrets/data-keys.js';
import { open, seal } from '#secrets/sealing.js';
import { type Figure, holds, ratioFigure } from '#test/bench/figures.js';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '3' },
    directory: { type: 'string', default: tmpdir() },
  },
});
const events = Number(values.events);
/** Of each ten events three make a user, with texts that are sealed; the others change one of them. */
const tenth = 3;
const rowsPerTransaction = 1_000;
const keys: readonly DataKey[] = Array.from({ length: 500 }, () => ({
  subject: '',
  id: randomBytes(16).toString('base64url'),
  key: createSecretKey(randomBytes(32)),
}));
const keyOf = (stream: string) => keys[Number.parseInt(stream.slice(5, 13), 16) % keys.length] as DataKey;
const organizationId = 'o' as OrganizationId;
const contextOf = (stream: string, purpose: string) => ({
  organizationId,
  subject: stream,
  factor: '',
  purpose,
});

const opener: Opener = {
  open: ({ stream }, { sealed, purpose }) => open(keyOf(stream), contextOf(stream, purpose), sealed),
};

const given = ['Ada', 'Grace', 'Edsger', 'Barbara', 'Donald', 'Frances', 'Niklaus', 'Radia'];
const family = ['Lovelace', 'Hopper', 'Dijkstra', 'Liskov', 'Knuth', 'Allen', 'Wirth', 'Perlman'];

function userAdded(stream: string, nth: number): DomainEvent {
  const sealed = (purpose: string, text: string): Sealed =>
    seal(keyOf(stream), contextOf(stream, purpose), text);
  const [givenName, familyName] = [given[nth % 8], family[(nth >> 3) % 8]];
  const email = `${givenName}.${familyName}.${nth}@example.com`.toLowerCase();
  const profile = JSON.stringify({ givenName, familyName, displayName: `${givenName} ${familyName}` });
  const key = randomBytes(32).toString('base64url') as LoginKey;
  return {
    type: 'user.human.added',
    userId: null,
    organizationId,
    username: sealed('username', email),
    usernameKey: key,
    profile: sealed('profile', profile),
    email: sealed('email', email),
    emailKey: key,
    emailVerified: true,
    phone: null,
  };
}

async function fill(log: SqliteEventLog): Promise<void> {
  const metadata = { time: new Date(0).toISOString(), organization: organizationId, editor: 'e', call: 'c' };
  const made = (event: DomainEvent) => ({ id: randomUUID(), ...encodeEvent(event), metadata });
  let waiting: Promise<unknown>[] = [];
  for (let nth = 0, left = events; left > 0; nth += 1) {
    const stream = `user-${randomUUID()}`;
    const changes = Array.from(
      { length: nth % tenth === 0 ? 3 : 2 },
      (_, at): DomainEvent => (at % 2 === 0 ? { type: 'user.locked' } : { type: 'user.unlocked' }),
    ).slice(0, left - 1);
    waiting.push(log.append(stream, [userAdded(stream, nth), ...changes].map(made), 'no-stream'));
    left -= 1 + changes.length;
    if (waiting.length < 256) continue;
    await Promise.all(waiting);
    waiting = [];
  }
  await Promise.all(waiting);
}

/** By the clock, and by what this thread had of a processor: the one thing that others on the machine change little. */
interface Rate {
  readonly clock: number;
  readonly processor: number;
}

function stopwatch(): () => Rate {
  const began = performance.now();
  const used = process.threadCpuUsage();
  return () => {
    const { user, system } = process.threadCpuUsage(used);
    const clock = events / ((performance.now() - began) / 1_000);
    return { clock, processor: events / ((user + system) / 1_000_000) };
  };
}

async function replayed(log: SqliteEventLog, from: string, directory: string): Promise<Rate> {
  const reading = openSqliteLogForReading({ directory: from, head: log.sharedHead });
  const store = openSqliteStore(join(directory, 'models.db'));
  await store.open(users);
  const stop = stopwatch();
  const measure = { unit: 'events', upTo: positionNumber } as const;
  const replay = await Replay.begin(users, {}, { log: reading, store, opener, measure });
  await replay.rested;
  const rate = stop();
  const { phase, lastError } = replay.status();
  if (phase !== 'done') throw new Error(`${phase}: ${lastError}`);
  if (rows.length === 0) await takeRows(store, replay.build.build);
  await store.close();
  await reading.close();
  return rate;
}

const shape = shapesOf(users).get('users') as TableShape;
/** By stream, as they stand in the end. */
const rows: Cell[][] = [];
const rowOf = new Map<string, Cell[]>();

async function takeRows(store: ModelStore, build: number): Promise<void> {
  const found = await store.read(({ db, tableOf }) =>
    db.selectFrom(tableOf('users', 'users')).selectAll().execute(),
  );
  if (found.length === 0) throw new Error(`no rows in ${build}`);
  for (const row of found) {
    const cells = shape.columns.map((column) => row[column] as Cell);
    rows.push(cells);
    rowOf.set(row.stream as string, cells);
  }
}

interface Stored {
  readonly stream: string;
  readonly type: string;
  readonly data: string;
  readonly metadata: string;
}

function bare(from: string, directory: string, isIndexed: boolean): Rate {
  const source = new Database(pathsIn(from).events, { readonly: true });
  const target = new Database(join(directory, 'bare.db'));
  for (const setting of ['journal_mode = WAL', 'synchronous = NORMAL', 'cache_size = -65536'])
    target.pragma(setting);
  const stop = stopwatch();
  scanOpenInsert(source, target);
  if (isIndexed) makeIndexes(target);
  const rate = stop();
  source.close();
  target.close();
  return rate;
}

function scanOpenInsert(source: Database.Database, target: Database.Database): void {
  target.exec(creation('users', shape));
  const insert = target.prepare(
    `INSERT INTO users (${listed(shape.columns)}) VALUES (${shape.columns.map(() => '?').join()})`,
  );
  const scan = source.prepare<[], Stored>(
    'SELECT stream, type, data, metadata FROM events ORDER BY position',
  );
  let inserted = 0;
  target.exec('BEGIN');
  for (const { stream, type, data, metadata } of scan.iterate()) {
    const parsed = JSON.parse(data) as Record<string, Sealed>;
    JSON.parse(metadata);
    if (type !== 'user.human.added') continue;
    for (const purpose of ['username', 'profile', 'email'])
      open(keyOf(stream), contextOf(stream, purpose), parsed[purpose] as Sealed);
    insert.run(...(rowOf.get(stream) as Cell[]));
    inserted += 1;
    if (inserted % rowsPerTransaction === 0) target.exec('COMMIT; BEGIN');
  }
  target.exec('COMMIT');
}

function makeIndexes(target: Database.Database): void {
  for (const { sql } of orderedIndexes('users', shape)) target.exec(sql);
  for (const sql of textIndex('users', shape)) target.exec(sql);
  const index = quoted(textIndexName('users'));
  target.exec(`INSERT INTO ${index} (${index}) VALUES ('rebuild')`);
}

const scratch = mkdtempSync(join(values.directory, 'countersign-replay-bench-'));
const show = ({ claim, ours, ceiling, value, bar, ...figure }: Figure) =>
  `${holds({ claim, ours, ceiling, value, bar, ...figure }) ? 'yes' : 'NO '}  ${claim}: ${Math.round(ours)} beside ${Math.round(ceiling)} events/s, ratio ${value.toFixed(2)} (bar ${bar})`;
try {
  const from = join(scratch, 'log');
  mkdirSync(from);
  const log = await SqliteEventLog.open({ directory: from });
  await fill(log);
  const [ours, indexed, plain]: [Rate[], Rate[], Rate[]] = [[], [], []];
  for (let round = 0; round < Number(values.rounds); round += 1) {
    const directory = mkdtempSync(join(scratch, 'round-'));
    ours.push(await replayed(log, from, directory));
    indexed.push(bare(from, mkdtempSync(join(directory, 'indexed-')), true));
    plain.push(bare(from, mkdtempSync(join(directory, 'plain-')), false));
    rmSync(directory, { recursive: true });
  }
  await log.close();
  const figure = (by: keyof Rate, beside: string, { ceiling, bar }: { ceiling: Rate[]; bar: number }) =>
    ratioFigure({
      claim: `a replay of ${events} events, 30 % sealed, beside a bare loop ${beside}, by the ${by}`,
      unit: 'events/s',
      ours: ours.map((rate) => rate[by]),
      ceiling: ceiling.map((rate) => rate[by]),
      bar,
    });
  const figures = (['processor', 'clock'] as const).flatMap((by) => [
    figure(by, 'with the same indexes', { ceiling: indexed, bar: by === 'processor' ? 0.5 : 0 }),
    figure(by, 'without indexes', { ceiling: plain, bar: 0 }),
  ]);
  for (const figure of figures) console.log(show(figure));
  console.log(JSON.stringify({ events, rounds: values.rounds, node: process.version, figures }));
  process.exitCode = figures.every(holds) ? 0 : 1;
} finally {
  rmSync(scratch, { recursive: true });
}
