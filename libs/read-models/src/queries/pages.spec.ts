// Every page of a list, from whichever end it is walked to, is what stands there in the whole list.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type SqlBool, sql } from 'kysely';

import type { OrganizationId } from '#domain/ids.js';
import type { Position } from '#event-log/event-log.js';
import { compareTexts } from '#read-models/compare-texts.js';
import { users } from '#read-models/models/users.js';
import type { Row } from '#read-models/projection.js';
import { listUsers, type UserColumn } from '#read-models/queries/list-users.js';
import { listed } from '#read-models/queries/listing.js';
import { everyOrganization, type Scope } from '#read-models/queries/queries.js';
import type { UserFilter } from '#read-models/queries/user-filter.js';
import type { ModelStore } from '#read-models/store.js';
import { openPostgresStore } from '#read-models/stores/postgres/postgres-model-store.js';
import { openSqliteStore } from '#read-models/stores/sqlite/sqlite-model-store.js';
import { answered } from '#read-models/testing/answers.js';
import { describeOnPostgres } from '#read-models/testing/describe-on-postgres.js';

const everyColumn = Object.entries(users.tables.users?.columns ?? {});
const families = ['', 'hopper', 'lovelace', 'lovelace', 'turing'];
const own = 'own' as OrganizationId;

/** Many have a family name in common, and two of three are of one organization. */
function user(number: number): Row {
  const stream = `user-${number}`;
  const same = everyColumn.map(([name, { kind }]) => [name, kind === 'integer' ? 1 : name]);
  const family = families[(number * 7) % families.length] as string;
  const organization = number % 3 === 0 ? 'another' : own;
  const place = String(number).padStart(4, '0');
  return {
    ...Object.fromEntries(same),
    ...{ stream, user_id: stream, organization_id: organization, place },
    ...{ family_name: family, family_name_lower: family },
    ...{ state: number % 4 === 1 ? 'inactive' : 'active', kind: number % 5 < 2 ? 'machine' : 'human' },
  };
}

const rows = Array.from({ length: 23 }, (_, number) => user(number));
const orders = [
  ['family-name', 'family_name_lower'],
  ['creation-date', 'place'],
  ['state', 'state'],
] as const;
const scopes: readonly Scope[] = [everyOrganization, own];
interface Way {
  readonly column: UserColumn;
  readonly cell: string;
  readonly isAscending: boolean;
  readonly scope: Scope;
}

const ways = orders.flatMap(([column, cell]): Way[] =>
  [true, false].flatMap((isAscending) => scopes.map((scope) => ({ column, cell, isAscending, scope }))),
);

function sorted({ cell, isAscending, scope }: Way, of: readonly Row[] = rows): string[] {
  const sign = isAscending ? 1 : -1;
  const text = (row: Row, name: string) => String(row[name]);
  return of
    .filter((row) => scope === everyOrganization || row.organization_id === scope)
    .sort(
      (one, other) =>
        sign * compareTexts(text(one, cell), text(other, cell)) ||
        compareTexts(text(one, 'place'), text(other, 'place')),
    )
    .map((row) => text(row, 'user_id'));
}

const same = (text: string) => text;
/** Of keys and names, where rows are made without either. */
const unneeded = { streamId: same, fingerprintKey: same, open: () => null };

async function holdEveryPage(store: ModelStore): Promise<void> {
  const build = await store.open(users);
  const changes = rows.map((row) => ({ change: 'put', table: 'users', row }) as const);
  await store.apply({ build, changes, from: null, to: { log: 'a', position: '1' as Position, events: 1 } });
  for (const way of ways) {
    const all = sorted(way);
    for (let offset = 0; offset <= all.length + 1; offset += 1) {
      const limit = 1 + (offset % 5);
      const { column, isAscending, scope } = way;
      const search = { filter: null, column, isAscending, page: { offset, limit }, withMetadata: false };
      // An organization of more than so many is walked through, and is not sorted.
      const found = store.read((reading) =>
        listUsers(scope, search, { reading, now: 0, ...unneeded, lookedAtMax: 3 }),
      );
      const { items, ...counted } = await answered(found);
      expect({ ...way, offset, ids: items.map(({ userId }) => userId), ...counted }).toEqual({
        ...way,
        offset,
        ids: all.slice(offset, offset + limit),
        total: all.length,
        isMore: false,
      });
    }
  }
}

const lookedAtMax = 3;
const text = { value: 'nobody', method: 'equals', ignoreCase: false } as const;
const everybody: UserFilter = { kind: 'not', of: { kind: 'text', field: 'nick-name', text } };

/** Neither index nor count leads to who is meant: as many are looked at as may be, from where the list begins. */
async function holdEveryFilteredPage(store: ModelStore): Promise<void> {
  for (const way of ways.filter(({ column, isAscending }) => isAscending || column === 'creation-date')) {
    const all = sorted(way);
    for (let offset = 0; offset <= all.length; offset += 1) {
      const page = { offset, limit: 2 - (offset % 2) };
      const { column, isAscending, scope } = way;
      const search = { filter: everybody, column, isAscending, page, withMetadata: false };
      const found = await store.read((reading) =>
        listUsers(scope, search, { reading, now: 0, ...unneeded, lookedAtMax }),
      );
      const told =
        found.kind === 'rejected' ? found.refusal.code : found.answer.items.map(({ userId }) => userId);
      const isWithin = offset + page.limit <= lookedAtMax;
      const expected = isWithin ? all.slice(offset, offset + page.limit) : 'list-too-long';
      expect({ ...way, offset, told }).toEqual({ ...way, offset, told: expected });
    }
  }
}

type OfFacets = readonly [UserFilter, (row: Row) => boolean];
const inactive: UserFilter = { kind: 'state', state: 'inactive' };
const machine: UserFilter = { kind: 'type', type: 'machine' };
const ofFacets: readonly OfFacets[] = [
  [inactive, ({ state }) => state === 'inactive'],
  [{ kind: 'not', of: inactive }, ({ state }) => state !== 'inactive'],
  [machine, ({ kind }) => kind === 'machine'],
  [
    { kind: 'and', of: [{ kind: 'not', of: inactive }, machine] },
    ({ state, kind }) => state === 'active' && kind === 'machine',
  ],
  [{ kind: 'or', of: [inactive, machine] }, ({ state, kind }) => state === 'inactive' || kind === 'machine'],
];

/** Of a state or a kind, each page is found, and everybody is counted, however few may be looked at. */
async function holdEveryPageOfFacets(store: ModelStore): Promise<void> {
  for (const [filter, isMeant] of ofFacets) {
    for (const way of ways) {
      const all = sorted(way, rows.filter(isMeant));
      for (let offset = 0; offset <= all.length + 1; offset += 1) {
        const { column, isAscending, scope } = way;
        const page = { offset, limit: 1 + (offset % 4) };
        const search = { filter, column, isAscending, page, withMetadata: false };
        const found = store.read((reading) => listUsers(scope, search, { reading, now: 0, ...unneeded }));
        const { items, ...counted } = await answered(found);
        const told = { ids: items.map(({ userId }) => userId), ...counted };
        const expected = { ids: all.slice(offset, offset + page.limit), total: all.length, isMore: false };
        expect({ filter, ...way, offset, ...told }).toEqual({ filter, ...way, offset, ...expected });
      }
    }
  }
}

interface Keyed extends Pick<Way, 'isAscending' | 'scope'> {
  readonly lookedAtMax: number;
}

const keyed = [true, false].flatMap((isAscending) =>
  scopes.flatMap((scope: Scope) =>
    [3, 1_000].map((lookedAtMax): Keyed => ({ isAscending, scope, lookedAtMax })),
  ),
);

/** Of one key, in the order of adding: sorted where they are few, and walked through where they are more. */
async function holdEveryPageOfKey(store: ModelStore): Promise<void> {
  const key = sql<SqlBool>`t.family_name_lower = 'lovelace'`;
  const isKey = ({ family_name }: Row) => family_name === 'lovelace';
  for (const { isAscending, scope, lookedAtMax } of keyed) {
    const way = { column: 'creation-date', cell: 'place', isAscending, scope } as const;
    const all = sorted(way, rows.filter(isKey));
    for (let offset = 0; offset <= all.length + 1; offset += 1) {
      const page = { offset, limit: 1 + (offset % 4) };
      const organizationId = scope === everyOrganization ? null : scope;
      const asked = { filter: null, narrowings: [], column: null, isAscending, page, lookedAtMax };
      const found = await store.read((reading) =>
        listed({ reading, table: reading.tableOf('users', 'users'), organizationId, key, ...asked }),
      );
      const streams = all.slice(offset, offset + page.limit);
      expect({ ...way, offset, ...found }).toEqual({
        ...way,
        offset,
        streams,
        total: all.length,
        isMore: false,
      });
    }
  }
}

const walks = [
  ['walked to from an end', { blockRows: 512, rankedFrom: 5_000 }],
  ['walked to from a block of rows that are counted', { blockRows: 2, rankedFrom: 1 }],
  ['walked to in one block', { blockRows: 512, rankedFrom: 1 }],
] as const;

describe('every page of a list in SQLite', () => {
  it.each(walks)('is what stands there in the whole list, %s', async (_, rankLimits) => {
    const directory = mkdtempSync(join(tmpdir(), 'countersign-pages-'));
    const store = openSqliteStore(join(directory, 'read-models.db'), { rankLimits });
    try {
      await holdEveryPage(store);
      await holdEveryFilteredPage(store);
      await holdEveryPageOfFacets(store);
      await holdEveryPageOfKey(store);
    } finally {
      await store.close();
      rmSync(directory, { recursive: true });
    }
  });
});

describeOnPostgres('every page of a list in PostgreSQL', (server) => {
  it.each(walks)(
    'is what stands there in the whole list, %s',
    async (_, rankLimits) => {
      const store = await openPostgresStore({ url: await server().createDatabase(), rankLimits });
      await holdEveryPage(store);
      await holdEveryFilteredPage(store);
      await holdEveryPageOfFacets(store);
      await holdEveryPageOfKey(store);
      await store.close();
    },
    60_000,
  );
});
