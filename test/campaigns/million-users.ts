// How long a page of a list takes with a million users, on either engine, and how fast more of them are added. Their
// rows are written as they are: no events are read for them.

import { existsSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Database from 'better-sqlite3';
import pg from 'pg';

import type { OrganizationId } from '#domain/ids.js';
import type { Position } from '#event-log/event-log.js';
import { users } from '#read-models/models/users.js';
import { listUsers, type UserColumn, type UserSearch } from '#read-models/queries/list-users.js';
import { everyOrganization, type Scope, type TextMatch } from '#read-models/queries/queries.js';
import type { TextField, UserFilter } from '#read-models/queries/user-filter.js';
import type { Build, ModelStore, OpenedChange } from '#read-models/store.js';
import { openPostgresStore } from '#read-models/stores/postgres/postgres-model-store.js';
import { openSqliteStore } from '#read-models/stores/sqlite/sqlite-model-store.js';
import { SqliteQueries } from '#read-models/stores/sqlite/sqlite-queries.js';
import { PostgresServer } from '#read-models/testing/postgres-server.js';
import { generatedChanges } from '#test/bench/generated-mix.js';
import { familyName, generatedUser, givenName, organizationsOf } from '#test/bench/generated-users.js';
import { commitOf, print, printTable } from '#test/campaigns/figures.js';

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'sqlite' },
    users: { type: 'string', default: '1000000' },
    more: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '100' },
    /** One that was filled before is used as it is (SQLite). */
    folder: { type: 'string', default: join(tmpdir(), 'million-users') },
    /** Of a database that was filled before (PostgreSQL). */
    url: { type: 'string' },
    /** A pattern of what is asked for. */
    only: { type: 'string', default: '' },
  },
});
const count = Number(values.users);
const rounds = Number(values.rounds);
const batchRows = 10_000;

const put = (number: number): OpenedChange => ({ change: 'put', table: 'users', row: generatedUser(number) });
const at = (events: number) => ({
  log: 'generated',
  position: String(events).padStart(16, '0') as Position,
  events,
});

async function fill(store: ModelStore, build: Build, [from, to]: [number, number], size = batchRows) {
  let spentMs = 0;
  for (let first = from; first < to; first += size) {
    const rows = Math.min(size, to - first);
    const changes = Array.from({ length: rows }, (_, index) => put(first + index));
    const began = performance.now();
    const before = first === 0 ? null : at(first);
    await store.apply({ build, changes, from: before, to: at(first + rows) });
    spentMs += performance.now() - began;
  }
  return Math.round(((to - from) / spentMs) * 1_000);
}

interface Asked {
  readonly kind: string;
  readonly scope: Scope;
  readonly search: UserSearch;
}

const columns: readonly UserColumn[] = [
  'creation-date',
  'username',
  'given-name',
  'family-name',
  'nick-name',
  'display-name',
  'email',
  'state',
  'type',
];
const everybody = { filter: null, isAscending: true, withMetadata: false } as const;
const scopes: readonly (readonly [string, Scope])[] = [
  ['everywhere', everyOrganization],
  ...organizationsOf.map(([name, id]) => [name, id as OrganizationId] as const),
];

function pages(round: number): Asked[] {
  return scopes.flatMap(([name, scope]) =>
    [0, 10_000, 100_000, 500_000].flatMap((offset) =>
      columns.map((column, index) => ({
        kind: `${name}, by any column, offset ${offset}`,
        scope,
        search: {
          ...everybody,
          column,
          isAscending: (round + index) % 2 === 0,
          page: { offset: offset === 0 ? 0 : offset + round, limit: 100 },
        },
      })),
    ),
  );
}

const text = (field: TextField, value: string, method: TextMatch['method'] = 'contains'): UserFilter => ({
  kind: 'text',
  field,
  text: { value, method, ignoreCase: true },
});

function filtered(round: number): Asked[] {
  const someone = (round * 7_919) % count;
  const [given, family] = [givenName(someone), familyName(someone)];
  const filters: readonly (readonly [string, UserFilter])[] = [
    ['a family name', text('family-name', family)],
    ['a given name', text('given-name', given)],
    ['a part of an address', text('email', `.${family.toLowerCase()}`)],
    ['the end of a username', text('username', `.${someone}`, 'ends-with')],
    [
      'the beginning of a display name',
      text('display-name', `${given} ${family.slice(0, 2)}`, 'starts-with'),
    ],
    ['a login name', text('login-name', `${given}.${family}.${someone}`, 'equals')],
    ['a part that very many have', text('email', 'example')],
    ['two characters', text('family-name', family.slice(1, 3).toLowerCase())],
    ['a character', text('username', 'q')],
    ['two characters of nobody', text('nick-name', 'q!')],
  ];
  return filters.flatMap(([name, filter]) =>
    scopes.slice(0, 2).map(([where, scope]) => ({
      kind: `${where}, filtered by ${name}`,
      scope,
      search: {
        ...everybody,
        filter,
        column: columns[round % columns.length] as UserColumn,
        page: { offset: 0, limit: 100 },
      },
    })),
  );
}

/** Each of them, and what nearly all fulfil, is held against rows from wherever a page begins. */
function narrowed(round: number): Asked[] {
  const filters: readonly (readonly [string, UserFilter])[] = [
    ['a state', { kind: 'state', state: round % 2 === 0 ? 'active' : 'inactive' }],
    ['a type', { kind: 'type', type: 'human' }],
    ['not a state', { kind: 'not', of: { kind: 'state', state: 'locked' } }],
    ['a part that very many have', text('email', 'example')],
  ];
  return filters.flatMap(([name, filter]) =>
    scopes.slice(0, 4).flatMap(([where, scope]) =>
      [0, 5_000, 15_000, 90_000, 500_000].map((offset, index) => ({
        kind: `${where}, filtered by ${name}, offset ${offset}`,
        scope,
        search: {
          ...everybody,
          filter,
          column: columns[(round + index) % columns.length] as UserColumn,
          isAscending: round % 4 < 2,
          page: { offset: offset === 0 ? 0 : offset + round, limit: 100 },
        },
      })),
    ),
  );
}

const same = (text: string) => text;
/** Nothing is looked for by keys, or opened. */
const unneeded = { streamId: same, fingerprintKey: same, open: () => null };

async function ask(store: Pick<ModelStore, 'read'>): Promise<void> {
  const told = new Map<string, { readonly times: number[]; total: string }>();
  const only = new RegExp(values.only);
  for (let round = 0; round < rounds; round += 1) {
    const all = [...pages(round), ...filtered(round), ...narrowed(round)];
    for (const { kind, scope, search } of all.filter((one) => only.test(one.kind))) {
      const known = told.get(kind) ?? { times: [], total: '' };
      told.set(kind, known);
      const began = performance.now();
      const outcome = await store.read((reading) =>
        listUsers(scope, search, { reading, now: 0, ...unneeded }),
      );
      known.times.push(performance.now() - began);
      known.total = totalOf(outcome);
    }
  }
  printTable(
    Object.fromEntries([...told].map(([kind, { times, total }]) => [kind, { ...quantiles(times), total }])),
  );
}

function totalOf(outcome: Awaited<ReturnType<typeof listUsers>>): string {
  if (outcome.kind === 'rejected') return outcome.refusal.code;
  const { total, isMore } = outcome.answer;
  return isMore ? `${total} or more` : String(total);
}

function quantiles(times: readonly number[]) {
  const sorted = times.toSorted((one, other) => one - other);
  const at = (share: number) => (sorted[Math.ceil(sorted.length * share) - 1] ?? 0).toFixed(1);
  return { calls: sorted.length, 'p50 ms': at(0.5), 'p99 ms': at(0.99), 'max ms': at(1) };
}

/** By batches as a runner has them while it follows, and while it is behind. */
async function grow(store: ModelStore, build: Build): Promise<void> {
  const more = Number(values.more);
  if (more === 0) return;
  for (const size of [1_000, 10_000]) {
    const from = (await store.checkpoint(build))?.events ?? 0;
    print(`${await fill(store, build, [from, from + more], size)} users a second are added by ${size}`);
  }
  for (const size of [1_000, 10_000]) {
    const from = (await store.checkpoint(build))?.events ?? 0;
    print(`${await live(store, build, { from, more, size })} events a second are projected by ${size}`);
  }
}

async function live(
  store: ModelStore,
  build: Build,
  { from, more, size }: { readonly from: number; readonly more: number; readonly size: number },
): Promise<number> {
  let spentMs = 0;
  for (let first = from; first < from + more; first += size) {
    const changes = Array.from({ length: size }, (_, index) => generatedChanges(first + index, count)).flat();
    const began = performance.now();
    await store.apply({ build, changes, from: at(first), to: at(first + size) });
    spentMs += performance.now() - began;
  }
  return Math.round((more / spentMs) * 1_000);
}

const memory = () => `${Math.round(process.memoryUsage.rss() / 2 ** 20)} MB resident`;

async function onSqlite(): Promise<void> {
  mkdirSync(values.folder, { recursive: true });
  const path = join(values.folder, 'models.db');
  const isNew = !existsSync(path);
  const store = openSqliteStore(path);
  if (isNew) {
    await store.open(users);
    const build = await store.begin(users, { isBulk: true });
    print(`filled at ${await fill(store, build, [0, count])} rows a second`);
    const began = performance.now();
    await store.finish(build);
    print(`indexed in ${Math.round(performance.now() - began)} ms`);
    await store.makeLive(build);
  }
  const queries = await SqliteQueries.open({ path });
  print(memory());
  await ask(queries);
  print(memory());
  await queries.close();
  const build = await store.open(users);
  const known = (await store.checkpoint(build))?.events ?? 0;
  await grow(store, build);
  print(
    `${bareSqlite(join(values.folder, 'bare.db'), known, Number(values.more))} a second of the same without any index`,
  );
  await store.close();
}

/** The same rows without any index, by the same prepared statement each. */
function bareSqlite(path: string, from: number, more: number): number {
  const database = new Database(path);
  for (const setting of ['journal_mode = WAL', 'synchronous = NORMAL']) database.pragma(setting);
  const names = Object.keys(generatedUser(0));
  database.exec(`DROP TABLE IF EXISTS bare; CREATE TABLE bare (${names.join()})`);
  const insert = database.prepare(`INSERT INTO bare VALUES (${names.map(() => '?').join()})`);
  const rows = Array.from({ length: more }, (_, index) => Object.values(generatedUser(from + index)));
  const began = performance.now();
  for (let first = 0; first < more; first += 1_000)
    database.transaction(() => {
      for (const row of rows.slice(first, first + 1_000)) insert.run(...(row as string[]));
    })();
  const spentMs = performance.now() - began;
  database.close();
  return Math.round((more / spentMs) * 1_000);
}

async function onPostgres(): Promise<void> {
  if (values.url !== undefined) return askedAt(values.url);
  const server = await PostgresServer.start();
  const url = await server.createDatabase();
  const store = await openPostgresStore({ url });
  await store.open(users);
  const build = await store.begin(users, { isBulk: true });
  print(`filled at ${await fill(store, build, [0, count])} rows a second`);
  const began = performance.now();
  await store.finish(build);
  print(`indexed in ${Math.round(performance.now() - began)} ms`);
  await store.makeLive(build);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('VACUUM ANALYZE');
  await client.end();
  await store.close();
  await askedAt(url);
  await server.close();
}

async function askedAt(url: string): Promise<void> {
  const store = await openPostgresStore({ url });
  await ask(store);
  print(memory());
  await grow(store, await store.open(users));
  await store.close();
}

print(`${values.engine}, ${count} users, commit ${commitOf()}`);
await (values.engine === 'postgres' ? onPostgres() : onSqlite());
