import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ChangeOrganizationSettings } from '#application/organization/change-organization-settings.js';
import { ResetOrganizationSettings } from '#application/organization/reset-organization-settings.js';
import { SettingsFields } from '#application/organization/settings-fields.js';
import { answerOf } from '#application/testing/attempt.js';
import { by, organizationId } from '#application/testing/house.js';
import { ada, bob, human, nobody, otherId, printer } from '#application/testing/people.js';
import { DeactivateUser } from '#application/user/deactivate-user.js';
import { EraseUser } from '#application/user/erase-user.js';
import { LockUser } from '#application/user/lock-user.js';
import { RemoveUser } from '#application/user/remove-user.js';
import type { SessionId, UserId } from '#domain/ids.js';
import { defaultSettings } from '#domain/organization/settings.js';
import type { SessionEvent } from '#domain/session/events.js';
import { everyOrganization, pageMax, type Scope } from '#read-models/queries/queries.js';
import type { SessionFilter } from '#read-models/queries/session-filter.js';
import {
  getSession,
  listSessions,
  type SessionSearch,
  sessionsLookedAtMax,
} from '#read-models/queries/sessions.js';
import { answered } from '#read-models/testing/answers.js';
import { type Login, login, passwordChecked, writeSession } from '#read-models/testing/begun-session.js';
import { describeOnPostgres } from '#read-models/testing/describe-on-postgres.js';
import { openProjected, type ProjectedHouse } from '#read-models/testing/projected.js';
import { openProjectedOn } from '#read-models/testing/projected-on-postgres.js';
import { write } from '#read-models/testing/written.js';

const whole: SessionSearch = { filters: [], isAscending: true, page: { offset: 0, limit: null } };
const lifetimeMs = 3_600_000;

function claims(open: () => Promise<ProjectedHouse>): void {
  let asked: ProjectedHouse;
  beforeAll(async () => {
    asked = await open();
    await answerOf(asked.house, human(ada, 'ada'));
    await answerOf(asked.house, human(bob, 'bob', { organizationId: otherId }));
  });
  afterAll(() => asked.close());

  let people = 0;
  const somebody = async (of = organizationId): Promise<UserId> => {
    people += 1;
    const userId = `somebody ${people}` as UserId;
    await answerOf(asked.house, human(userId, `somebody-${people}`, { organizationId: of }));
    return userId;
  };
  const begin = (given: Login) => login(asked.house, given);
  const session = (sessionId: SessionId, scope: Scope = organizationId) =>
    asked.ask((sources) => getSession(scope, sessionId, sources));
  const list = (
    search: Partial<SessionSearch> = {},
    scope: Scope = everyOrganization,
    lookedAtMax?: number,
  ) =>
    asked.ask((sources) =>
      listSessions(
        scope,
        { ...whole, ...search },
        { ...sources, ...(lookedAtMax !== undefined && { lookedAtMax }) },
      ),
    );
  const ids = async (filters: readonly SessionFilter[], more: Partial<SessionSearch> = {}, scope?: Scope) => {
    const { items } = await answered(list({ ...more, filters }, scope));
    return items.map(({ sessionId }) => sessionId);
  };
  const of = (userId: UserId): SessionFilter => ({ kind: 'user', userId });

  describe('a session', () => {
    it('is answered with its user, what was checked, and what was sealed for it', async () => {
      const { house } = asked;
      const createdAt = house.clock.now;
      const given = { userId: ada, fingerprint: 'browser', metadata: { theme: 'ZGFyaw==' }, editor: 'login' };
      const sessionId = await begin(given);
      house.clock.now += 1_000;
      const totp = { type: 'session.totp.checked', at: null } as const;
      await writeSession(house, sessionId, { given, events: [totp] });
      expect(await session(sessionId)).toEqual({
        kind: 'accepted',
        answer: {
          sessionId,
          organizationId,
          user: { userId: ada, organizationId, loginName: 'ada', displayName: 'Ada L', checkedAt: createdAt },
          passwordAt: createdAt,
          totpAt: createdAt + 1_000,
          recoveryCodeAt: null,
          metadata: [{ key: 'theme', value: Buffer.from('dark') }],
          userAgent: { fingerprintId: 'browser', ip: '192.0.2.1', description: 'Browser', headers: {} },
          creator: 'login',
          createdAt,
          changedAt: createdAt + 1_000,
          sequence: 7,
          expiresAt: createdAt + lifetimeMs,
        },
      });
    });

    it('tells of what was noted later when it was checked', async () => {
      const { house } = asked;
      const then = house.clock.now;
      house.clock.now += 3_600_000;
      const types = ['session.password.checked', 'session.totp.checked', 'session.recoveryCode.checked'];
      const checked = types.map((type, index) => ({ type, at: then + index }) as SessionEvent);
      const sessionId = await begin({ userId: ada, userCheckedAt: then, checked });
      expect(await answered(session(sessionId))).toMatchObject({
        user: { checkedAt: then },
        passwordAt: then,
        totpAt: then + 1,
        recoveryCodeAt: then + 2,
        createdAt: house.clock.now,
      });
    });

    it('may have no user yet, and is of whoever made it then', async () => {
      const sessionId = await begin({ userId: null, of: otherId });
      expect(await answered(session(sessionId, otherId))).toMatchObject({
        user: null,
        organizationId: otherId,
        passwordAt: null,
        userAgent: null,
        metadata: [],
      });
    });

    it('is not found where there is none, in another organization, or when it was terminated', async () => {
      const sessionId = await begin({ userId: ada });
      const notFound = { kind: 'rejected', refusal: { code: 'session-not-found' } };
      expect(await session('0198f3a2-0000-7000-8000-0000000000ff' as SessionId)).toEqual(notFound);
      expect(await session('no id of ours' as SessionId)).toEqual(notFound);
      expect(await session(sessionId, otherId)).toEqual(notFound);
      expect(await session(sessionId, everyOrganization)).toMatchObject({ kind: 'accepted' });
      const terminated = { type: 'session.terminated' } as const;
      await writeSession(asked.house, sessionId, { given: { userId: ada }, events: [terminated] });
      expect(await session(sessionId)).toEqual(notFound);
      expect(await ids([{ kind: 'ids', ids: [sessionId] }])).toEqual([]);
    });

    it('lasts no longer than its organization lets any, by what it chose since', async () => {
      const { house } = asked;
      const createdAt = house.clock.now;
      const long = 10 * defaultSettings.sessionLifetimeSecondsMax;
      const sessionId = await begin({ userId: ada, lifetimeSeconds: long });
      const expiresAt = async () => (await answered(session(sessionId))).expiresAt - createdAt;
      expect(await expiresAt()).toBe(defaultSettings.sessionLifetimeSecondsMax * 1_000);
      const later = { value: createdAt + 700_000, method: 'greater' } as const;
      const isLater = () =>
        ids([
          { kind: 'ids', ids: [sessionId] },
          { kind: 'expiration-date', match: later },
        ]);
      expect(await isLater()).toEqual([sessionId]);
      const changed = new SettingsFields({
        sessionLifetimeSecondsMax: 600,
        sessionLifetimeSecondsDefault: 300,
      });
      await answerOf(house, new ChangeOrganizationSettings({ organizationId, changed, by }));
      expect(await expiresAt()).toBe(600_000);
      expect(await isLater()).toEqual([]);
      const names = ['sessionLifetimeSecondsMax', 'sessionLifetimeSecondsDefault'] as const;
      await answerOf(house, new ResetOrganizationSettings({ organizationId, names, by }));
      expect(await isLater()).toEqual([sessionId]);
    });

    it('is still told when it has only expired', async () => {
      const sessionId = await begin({ userId: bob, of: otherId, lifetimeSeconds: 1 });
      asked.house.clock.now += 2_000;
      const { expiresAt } = await answered(session(sessionId, otherId));
      expect(expiresAt).toBe(asked.house.clock.now - 1_000);
      expect(await ids([of(bob)])).toContain(sessionId);
    });
  });

  describe('what ends sessions of a user', () => {
    it.each([
      ['a lock', (userId: UserId) => new LockUser({ organizationId, userId, by })],
      ['a deactivation', (userId: UserId) => new DeactivateUser({ organizationId, userId, by })],
      ['a removal', (userId: UserId) => new RemoveUser({ organizationId, userId, by })],
      ['an erasure', (userId: UserId) => new EraseUser({ organizationId, userId, by })],
    ])('%s, ends all, and no other user’s', async (_, command) => {
      const [userId, other] = [await somebody(), await somebody()];
      const sessions = [await begin({ userId }), await begin({ userId })];
      const left = await begin({ userId: other });
      expect(await ids([of(userId)])).toEqual(sessions);
      await answerOf(asked.house, command(userId));
      expect(await ids([of(userId)])).toEqual([]);
      expect(await ids([of(other)])).toEqual([left]);
      expect(await session(sessions[0] as SessionId)).toMatchObject({ kind: 'rejected' });
    });

    it('ends all but the one that it was asked for in, and none that is begun after it', async () => {
      const userId = await somebody();
      const stream = asked.house.application.userStream(userId);
      const [kept] = [await begin({ userId }), await begin({ userId })];
      const end = (except: SessionId | null) =>
        write(asked.house, stream, { events: [{ type: 'user.sessions.ended', except }] });
      await end(kept);
      const next = await begin({ userId, generation: 1 });
      expect(await ids([of(userId)])).toEqual([kept, next]);
      await end(next);
      expect(await ids([of(userId)])).toEqual([next]);
      await end(null);
      expect(await ids([of(userId)])).toEqual([]);
    });

    it('ends one, too, that was appended after it with the generation of before', async () => {
      const userId = await somebody();
      const stream = asked.house.application.userStream(userId);
      await write(asked.house, stream, { events: [{ type: 'user.sessions.ended', except: null }] });
      const late = await begin({ userId, generation: 0 });
      expect(await ids([of(userId)])).toEqual([]);
      expect(await session(late)).toMatchObject({ kind: 'rejected' });
    });

    it('leaves no row of who is erased, and nothing readable of what is appended late', async () => {
      const userId = await somebody();
      const stream = asked.house.application.userStream(userId);
      const user = stream.slice('user-'.length);
      const given = { userId, metadata: { where: Buffer.from('in the library').toString('base64') } };
      const sessionId = await begin(given);
      await answerOf(asked.house, new EraseUser({ organizationId, userId, by }));
      const rows = () => asked.rowsOf('sessions', 'sessions');
      expect((await rows()).filter(({ user_stream }) => user_stream === stream)).toEqual([]);
      const checked = { user, userId: 'x', organizationId, generation: 0, at: null };
      const added = { type: 'session.added', userAgent: null, fingerprintKey: null } as const;
      const sealed = `1.key.${'-'.repeat(38)}` as never;
      await writeSession(asked.house, sessionId, {
        given,
        events: [added, { type: 'session.user.checked', ...checked, userId: sealed }, passwordChecked],
      });
      expect(await session(sessionId)).toMatchObject({ kind: 'rejected' });
      expect(await ids([of(userId)])).toEqual([]);
    });

    it('holds rows with nothing of what was sealed', async () => {
      await begin({ userId: ada, fingerprint: 'browser of the library', metadata: { a: 'c2VjcmV0' } });
      const rows = JSON.stringify(await asked.rowsOf('sessions', 'sessions'));
      expect(rows).not.toMatch(/browser of the library|192\.0\.2\.1|c2VjcmV0|Browser/);
    });
  });

  describe('a list of sessions', () => {
    let first: SessionId;
    let second: SessionId;
    let third: SessionId;
    let one: UserId;
    let other: UserId;
    let began: number;
    const theirs = (): SessionFilter => ({ kind: 'ids', ids: [first, second, third] });
    beforeAll(async () => {
      [one, other] = [await somebody(), await somebody(otherId)];
      asked.house.clock.now += 10_000;
      began = asked.house.clock.now;
      const fingerprint = 'a shared tablet';
      first = await begin({ userId: one, fingerprint, editor: printer });
      asked.house.clock.now += 1_000;
      const editor = asked.house.parts.secrets.names.streamId(one);
      second = await begin({ userId: other, of: otherId, fingerprint, editor });
      asked.house.clock.now += 1_000;
      third = await begin({ userId: one, editor: printer, lifetimeSeconds: 60 });
    });

    it('has them in the order of their adding, either way, page by page, with their number', async () => {
      expect(await ids([theirs()])).toEqual([first, second, third]);
      expect(await ids([theirs()], { isAscending: false })).toEqual([third, second, first]);
      const page = await answered(list({ filters: [theirs()], page: { offset: 1, limit: 1 } }));
      expect(page).toMatchObject({ items: [{ sessionId: second }], total: 3, isMore: false });
    });

    it('has those of one organization alone', async () => {
      expect(await ids([theirs()], {}, organizationId)).toEqual([first, third]);
      expect(await ids([theirs()], {}, otherId)).toEqual([second]);
      expect(await ids([of(one)], {}, otherId)).toEqual([]);
    });

    it('finds them by user, by who made them, and by the browser or app', async () => {
      expect(await ids([of(one)])).toEqual([first, third]);
      expect(await ids([of(nobody)])).toEqual([]);
      expect(await ids([{ kind: 'creator', userId: printer }])).toEqual([first, third]);
      expect(await ids([{ kind: 'own', userId: one }])).toEqual([first, second, third]);
      expect(await ids([{ kind: 'own', userId: other }])).toEqual([second]);
      const shared = { kind: 'fingerprint', fingerprint: 'a shared tablet' } as const;
      expect(await ids([shared])).toEqual([first, second]);
      expect(await ids([shared, of(one)])).toEqual([first]);
      expect(await ids([shared], { isAscending: false }, otherId)).toEqual([second]);
    });

    it.each([
      ['equals', [1]],
      ['greater', [2]],
      ['greater-or-equals', [1, 2]],
      ['less', [0]],
      ['less-or-equals', [0, 1]],
    ] as const)('finds them by times: %s', async (method, expected) => {
      const all = [first, second, third];
      const made = { kind: 'creation-date', match: { value: began + 1_000, method } } as const;
      expect(await ids([theirs(), made])).toEqual(expected.map((at) => all[at]));
      const ends = { kind: 'expiration-date', match: { value: began + lifetimeMs, method } } as const;
      const byEnd = [third, first, second];
      const found = await ids([theirs(), ends]);
      expect(found.toSorted()).toEqual(expected.map((at) => byEnd[at]).toSorted());
    });

    it('says so where more would have to be looked at than may be, and never for one user', async () => {
      const late = { kind: 'expiration-date', match: { value: 9e12, method: 'greater' } } as const;
      expect(await list({ filters: [late] }, everyOrganization, 2)).toEqual({
        kind: 'rejected',
        refusal: { code: 'list-too-long', maximum: 2 },
      });
      expect(sessionsLookedAtMax).toBeGreaterThan(2);
      const all = await answered(list({ filters: [of(one)] }, everyOrganization, 1));
      expect(all.items.map(({ sessionId }) => sessionId)).toEqual([first, third]);
    });

    it('refuses pages and filters beyond their bounds', async () => {
      const page = { offset: 0, limit: pageMax + 1 };
      expect(await list({ page })).toMatchObject({ refusal: { code: 'page-invalid' } });
      const many = Array.from({ length: 1_001 }, () => first);
      expect(await list({ filters: [{ kind: 'ids', ids: many }] })).toMatchObject({
        refusal: { code: 'filter-too-large', maximum: 1_000 },
      });
      const parts = Array.from({ length: 101 }, () => of(one));
      expect(await list({ filters: parts })).toMatchObject({
        refusal: { code: 'filter-too-large', maximum: 100 },
      });
    });
  });
}

describe('rows in SQLite', () => claims(() => openProjected()));
describeOnPostgres('rows in PostgreSQL', (server) => claims(() => openProjectedOn(server)));
