import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { organizationId, startOfTime } from '#application/testing/house.js';
import { otherId } from '#application/testing/people.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import * as factors from '#read-models/queries/factors.js';
import {
  listUsers,
  type UserColumn,
  type UserSearch,
  usersLookedAtMax,
} from '#read-models/queries/list-users.js';
import * as organizations from '#read-models/queries/organizations.js';
import { everyOrganization, type Scope, type TextMatch } from '#read-models/queries/queries.js';
import type { SessionFilter } from '#read-models/queries/session-filter.js';
import type { SessionSearch } from '#read-models/queries/sessions.js';
import * as sessions from '#read-models/queries/sessions.js';
import type { TextField, UserFilter } from '#read-models/queries/user-filter.js';
import * as users from '#read-models/queries/users.js';
import { describeOnPostgres } from '#read-models/testing/describe-on-postgres.js';
import * as foldedFactors from '#read-models/testing/folded/factors.js';
import * as foldedLists from '#read-models/testing/folded/list-users.js';
import * as foldedOrganizations from '#read-models/testing/folded/organizations.js';
import * as foldedSessions from '#read-models/testing/folded/sessions.js';
import * as foldedUsers from '#read-models/testing/folded/users.js';
import {
  beginnings,
  dealsCount,
  houses,
  live,
  people,
  type Step,
  startLife,
  texts,
} from '#read-models/testing/lives.js';
import { openProjected, type ProjectedHouse } from '#read-models/testing/projected.js';
import { openProjectedOn } from '#read-models/testing/projected-on-postgres.js';

const seed = Date.now() % 2 ** 31;
const stepsMax = 120;
const runs = 10;
/** Each makes a database. */
const runsOnServer = 4;
/** Ten times what it takes, and shrinking besides. */
const timeoutMs = 600_000;

const number = fc.nat({ max: 255 });
const step = fc.tuple(fc.nat({ max: dealsCount - 1 }), number, number);

const part = fc
  .tuple(fc.constantFrom(...texts, 'ada@example.com', '+44 20'), fc.nat(4), fc.nat(4))
  .map(([text, from, length]) => [...text].slice(from, from + length).join(''));
const methods = ['equals', 'starts-with', 'contains', 'ends-with'] as const;
const textMatch: fc.Arbitrary<TextMatch> = fc.record({
  value: fc.oneof(
    fc.constantFrom(...texts, ...texts.map((text) => text.toLowerCase()), '', '@', 'Σ', 'ς', 'a'),
    part,
  ),
  method: fc.constantFrom(...methods),
  ignoreCase: fc.boolean(),
});
const fields: TextField[] = [
  'username',
  'login-name',
  'given-name',
  'family-name',
  'nick-name',
  'display-name',
  'email',
  'phone',
];
const { filter } = fc.letrec<{ filter: UserFilter }>((tie) => ({
  filter: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ kind: fc.constant('text'), field: fc.constantFrom(...fields), text: textMatch }),
    fc.record({ kind: fc.constant('state'), state: fc.constantFrom('active', 'inactive', 'locked') }),
    fc.record({ kind: fc.constant('type'), type: fc.constantFrom('human', 'machine') }),
    fc.record({ kind: fc.constant('ids'), ids: fc.subarray(people) }),
    fc.record({ kind: fc.constant('emails'), emails: fc.subarray(['ADA@example.com', 'zoe@Example.com']) }),
    fc.record({ kind: fc.constant('organization'), organizationId: fc.constantFrom(...houses) }),
    fc.record({
      kind: fc.constant('metadata'),
      key: fc.option(textMatch),
      value: fc.option(fc.constantFrom(...texts).map((text) => Buffer.from(text))),
    }),
    fc.record({ kind: fc.constant('and'), of: fc.array(tie('filter'), { maxLength: 3 }) }),
    fc.record({ kind: fc.constant('or'), of: fc.array(tie('filter'), { maxLength: 3 }) }),
    fc.record({ kind: fc.constant('not'), of: tie('filter') }),
  ) as fc.Arbitrary<UserFilter>,
}));
const columns: UserColumn[] = [
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
const search: fc.Arbitrary<UserSearch> = fc.record({
  filter: fc.option(filter),
  column: fc.constantFrom(...columns),
  isAscending: fc.boolean(),
  page: fc.record({ offset: fc.nat(4), limit: fc.option(fc.integer({ min: 1, max: 4 })) }),
  withMetadata: fc.boolean(),
});

/** The same questions to both: first what streams answer, then what rows do. */
type Both = readonly [folded: unknown, projected: unknown];

function ofUser(
  { house: sources, ask }: ProjectedHouse,
  of: OrganizationId,
  userId: UserId,
): Promise<Both>[] {
  const one = { userId, withMetadata: true };
  const asked = { userId, states: ['ready', 'not-ready'] } as const;
  return [
    [foldedUsers.getUser(of, one, sources), ask((now) => users.getUser(of, one, now))],
    [
      foldedUsers.listAccessTokens(of, userId, sources),
      ask((now) => users.listAccessTokens(of, userId, now)),
    ],
    [foldedFactors.listFactors(of, userId, sources), ask((now) => factors.listFactors(of, userId, now))],
    [
      foldedFactors.listAuthenticationMethods(of, userId, sources),
      ask((now) => factors.listAuthenticationMethods(of, userId, now)),
    ],
    [
      foldedFactors.listAuthenticationFactors(of, asked, sources),
      ask((now) => factors.listAuthenticationFactors(of, asked, now)),
    ],
  ].map((both) => Promise.all(both) as unknown as Promise<Both>);
}

function ofOrganization({ house: sources, ask }: ProjectedHouse, of: OrganizationId): Promise<Both>[] {
  return [
    [foldedOrganizations.getOrganization(of, sources), ask((now) => organizations.getOrganization(of, now))],
    [foldedOrganizations.settingsOf(of, sources), ask((now) => organizations.settingsOf(of, now))],
    [foldedOrganizations.listMembers(of, sources), ask((now) => organizations.listMembers(of, now))],
  ].map((both) => Promise.all(both) as unknown as Promise<Both>);
}

const scopes: readonly Scope[] = [everyOrganization, organizationId];

/** Of everybody also as if the organization were a large one, of which not all may be looked at. */
const ofSearch = ({ house: sources, ask }: ProjectedHouse, search: UserSearch): Promise<Both>[] =>
  (search.filter === null ? [usersLookedAtMax, 0] : [usersLookedAtMax]).flatMap((lookedAtMax) =>
    scopes.map(
      async (scope): Promise<Both> => [
        await foldedLists.listUsers(scope, search, sources),
        await ask((now) => listUsers(scope, search, { ...now, lookedAtMax })),
      ],
    ),
  );

const instants = fc.constantFrom(startOfTime + 60_000, startOfTime + 600_000, startOfTime + 50_000_000);
const instantMatch = fc.record({
  value: instants,
  method: fc.constantFrom('equals', 'greater', 'greater-or-equals', 'less', 'less-or-equals'),
});
const sessionFilter = fc.oneof(
  fc.record({
    kind: fc.constantFrom('user', 'creator', 'own'),
    userId: fc.constantFrom(...people),
  }),
  fc.record({ kind: fc.constant('fingerprint'), fingerprint: fc.constantFrom(...texts) }),
  fc.record({ kind: fc.constantFrom('creation-date', 'expiration-date'), match: instantMatch }),
) as fc.Arbitrary<SessionFilter>;
const sessionSearch: fc.Arbitrary<SessionSearch> = fc.record({
  filters: fc.array(sessionFilter, { maxLength: 2 }),
  isAscending: fc.boolean(),
  page: fc.record({ offset: fc.nat(2), limit: fc.option(fc.integer({ min: 1, max: 4 })) }),
});

const ofSessions = ({ house: sources, ask }: ProjectedHouse, search: SessionSearch): Promise<Both>[] =>
  [...scopes, otherId].map(
    async (scope): Promise<Both> => [
      await foldedSessions.listSessions(scope, search, sources),
      await ask((now) => sessions.listSessions(scope, search, now)),
    ],
  );

/** In every field and by every method: a filter that is drawn seldom has just the text that somebody has. */
const everyTextSearch = (value: string): UserSearch[] =>
  fields.flatMap((field) =>
    methods.flatMap((method) =>
      [false, true].map(
        (ignoreCase): UserSearch => ({
          filter: { kind: 'text', field, text: { value, method, ignoreCase } },
          column: 'creation-date',
          isAscending: true,
          page: { offset: 0, limit: null },
          withMetadata: false,
        }),
      ),
    ),
  );

const seen = { done: 0, found: 0, sessions: 0 };

async function answersAlike(
  asked: ProjectedHouse,
  steps: readonly Step[],
  [searches, sessionSearches]: Searches,
): Promise<void> {
  const life = startLife(asked.house);
  for (const one of [...beginnings, ...steps]) seen.done += (await live(life, one)) ? 1 : 0;
  const answers = await Promise.all([
    ...houses.flatMap((of) => ofOrganization(asked, of)),
    ...houses.flatMap((of) => people.flatMap((userId) => ofUser(asked, of, userId))),
    ...searches.flatMap((search) => ofSearch(asked, search)),
    ...sessionSearches.flatMap((search) => ofSessions(asked, search)),
  ]);
  seen.found += answers.filter(([folded]) => JSON.stringify(folded).includes('"userId"')).length;
  seen.sessions += answers.filter(([folded]) => JSON.stringify(folded).includes('"sessionId"')).length;
  expect(answers.map(([, projected]) => projected)).toEqual(answers.map(([folded]) => folded));
}

const steps = fc.array(step, { minLength: 20, maxLength: stepsMax });
const drawn = fc.array(search, { minLength: 30, maxLength: 30 });
const parts = fc.uniqueArray(part, { minLength: 2, maxLength: 2 });
const everyFilter = fc.array(sessionSearch, { minLength: 12, maxLength: 12 });
type Searches = readonly [readonly UserSearch[], readonly SessionSearch[]];
const searches: fc.Arbitrary<Searches> = fc
  .tuple(drawn, parts, everyFilter)
  .map(([some, texts, ofSessions]) => [[...some, ...texts.flatMap(everyTextSearch)], ofSessions]);

async function holds(openHouse: () => Promise<ProjectedHouse>, numRuns: number): Promise<void> {
  const property = fc.asyncProperty(steps, searches, async (lived, sought) => {
    const asked = await openHouse();
    try {
      await answersAlike(asked, lived, sought);
    } finally {
      await asked.close();
    }
  });
  Object.assign(seen, { done: 0, found: 0, sessions: 0 });
  await fc.assert(property, { seed, numRuns });
  expect(seen.done).toBeGreaterThan(numRuns * 5);
  expect(seen.found).toBeGreaterThan(numRuns * 5);
  expect(seen.sessions).toBeGreaterThan(numRuns);
}

describe(`after any commands (seed ${seed})`, () => {
  it('rows in SQLite answer what streams answer', () => holds(() => openProjected(), runs), timeoutMs);

  describeOnPostgres('rows in PostgreSQL', (server) => {
    it('answer what streams answer', () => holds(() => openProjectedOn(server), runsOnServer), timeoutMs);
  });
});
