import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { AddInstanceMember } from '#application/instance/add-instance-member.js';
import { RemovePolicy } from '#application/policy/remove-policy.js';
import { SetPolicy } from '#application/policy/set-policy.js';
import { answerOf } from '#application/testing/attempt.js';
import { by, organizationId } from '#application/testing/house.js';
import { password, wrongPassword } from '#application/testing/logins.js';
import { otherId } from '#application/testing/people.js';
import { SessionService } from '#contract/zitadel/session/v2/session_service_pb.js';
import type { OrganizationId, SessionId, UserId } from '#domain/ids.js';
import { idOf, people } from '#transport/testing/desk.js';
import { openSessionsDesk, type SessionsDesk } from '#transport/testing/sessions-desk.js';
import { saidIn } from '#transport/testing/status.js';

const { createSession, setSession } = SessionService.method;

const denied = '7 policy-denied CSIGN-policy-denied';
const notice = 'Not by this program.';

let desk: SessionsDesk;
let here: UserId;
let elsewhere: UserId;
/** Sessions of nobody, made while nothing forbade that. */
let nobodys: SessionId[];

const set = (of: OrganizationId, name: string, text: string) =>
  answerOf(desk.house, new SetPolicy({ organizationId: of, name, text, by }));
const forbidIn = (of: OrganizationId, when = '') =>
  set(
    of,
    'no',
    `@notice("${notice}") forbid(principal, action == Action::"session.write", resource) ${when};`,
  );
const allowIn = (of: OrganizationId) =>
  desk.house.run(new RemovePolicy({ organizationId: of, name: 'no', by }));

beforeAll(async () => {
  desk = await openSessionsDesk();
  const login = { userId: idOf('grace'), roles: ['INSTANCE_LOGIN_CLIENT'], by };
  await answerOf(desk.house, new AddInstanceMember(login));
  here = (await desk.begin({ factor: false })).userId;
  elsewhere = (await desk.begin({ elsewhere: true })).userId;
  const making = Array.from({ length: 20 }, () => desk.ask('grace', createSession, {}));
  nobodys = (await Promise.all(making)).map(({ sessionId }) => sessionId as SessionId);
  for (const each of [organizationId, otherId])
    await set(each, 'yes', 'permit(principal, action, resource);');
});
afterAll(() => desk.close());
afterEach(async () => {
  for (const each of [organizationId, otherId]) await allowIn(each);
});

const checksOf = (userId: UserId, shown: string | null = password) => ({
  user: { search: { case: 'userId' as const, value: userId } },
  ...(shown !== null && { password: { password: shown } }),
});

/** Both ways in which a session becomes somebody's. */
const ways = [
  ['begins', (checks: object) => desk.call('grace', createSession, { checks })],
  ['is set', (checks: object) => desk.call('grace', setSession, { sessionId: nobodys.pop() ?? '', checks })],
] as const;

const sessionEvents = () =>
  desk.appends.filter(({ stream }) => stream.startsWith('session-')).flatMap(({ types }) => types);

describe.each(ways)('a session of anybody that %s', (_title, way) => {
  it.each([
    ['a user and a password', password],
    ['a user alone', null],
  ])('is asked about where its user is, by %s', async (_shown, shown) => {
    const said = async (userId: UserId) => saidIn(await way(checksOf(userId, shown)));
    await forbidIn(otherId);
    expect([await said(here), await said(elsewhere)]).toEqual(['answered', denied]);
    await forbidIn(organizationId);
    expect([await said(here), await said(elsewhere)]).toEqual([denied, denied]);
    await allowIn(otherId);
    expect([await said(here), await said(elsewhere)]).toEqual([denied, 'answered']);
  });

  it('is told why, once the password is right, and does not become that of its user', async () => {
    await forbidIn(otherId);
    const untold = await way(checksOf(elsewhere, wrongPassword));
    expect([saidIn(untold), untold.notices]).toEqual([
      expect.stringMatching(/^3 password-wrong /),
      undefined,
    ]);
    const before = sessionEvents().length;
    expect(await way(checksOf(elsewhere))).toMatchObject({ kind: 'refused', notices: [notice] });
    expect(sessionEvents()).toHaveLength(before);
  });

  it('is asked about as what whoever makes it does', async () => {
    await forbidIn(otherId, `when { principal == User::"${people.grace}" && !context.self }`);
    expect(saidIn(await way(checksOf(elsewhere)))).toBe(denied);
    await forbidIn(otherId, `when { principal == User::"${people.root}" || context.self }`);
    expect(saidIn(await way(checksOf(elsewhere)))).toBe('answered');
    await forbidIn(otherId, `unless { resource in Organization::"${otherId}" }`);
    expect(saidIn(await way(checksOf(elsewhere)))).toBe('answered');
  });
});

describe('a session of nobody', () => {
  it('is asked about where whoever makes it acts', async () => {
    await forbidIn(organizationId);
    expect(await desk.said('grace', createSession, {})).toBe(denied);
    await allowIn(organizationId);
    await forbidIn(otherId);
    expect(await desk.said('grace', createSession, {})).toBe('answered');
  });
});

describe('a session that has a user', () => {
  it('is asked about where that user is, before anything is compared', async () => {
    const { sessionId } = await desk.ask('grace', createSession, { checks: checksOf(elsewhere, null) });
    const checks = { password: { password: wrongPassword } };
    await forbidIn(otherId);
    expect(await desk.said('grace', setSession, { sessionId, checks })).toBe(denied);
    await allowIn(otherId);
    await forbidIn(organizationId);
    expect(await desk.said('grace', setSession, { sessionId, checks })).toMatch(/password-wrong/);
  });
});

describe('whoever makes sessions of one organization alone', () => {
  it.each([
    ['by its role', { person: 'owner' }],
    ['by its choice', { person: 'grace', organization: organizationId }],
  ] as const)('is asked about there %s, before anything is compared', async (_title, as) => {
    await forbidIn(organizationId);
    expect(await desk.said(as, createSession, { checks: checksOf(here, wrongPassword) })).toBe(denied);
    await allowIn(organizationId);
    await forbidIn(otherId);
    expect(await desk.said(as, createSession, { checks: checksOf(here) })).toBe('answered');
  });
});
