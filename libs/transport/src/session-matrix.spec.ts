// Every method that is built, by a session of somebody with the highest role there is, about itself, about somebody
// else of its organization, of another one, and about nobody.

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AddInstanceMember } from '#application/instance/add-instance-member.js';
import { AddOrganizationMember } from '#application/organization/add-organization-member.js';
import { answerOf } from '#application/testing/attempt.js';
import { by, organizationId } from '#application/testing/house.js';
import { otherId } from '#application/testing/people.js';
import { SessionService } from '#contract/zitadel/session/v2/session_service_pb.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { authenticate } from '#transport/authenticate.js';
import { type Asked, type Authorized, authorize } from '#transport/authorize.js';
import type { AccessRule, Principal } from '#transport/implementation.js';
import { people } from '#transport/testing/desk.js';
import { openSessionsDesk, type Session, type SessionsDesk } from '#transport/testing/sessions-desk.js';

let desk: SessionsDesk;
let session: Session;
let principal: Principal;
beforeAll(async () => {
  desk = await openSessionsDesk();
  session = await desk.begin();
  const { userId } = session;
  await answerOf(desk.house, new AddOrganizationMember({ organizationId, userId, roles: ['ORG_OWNER'], by }));
  await answerOf(desk.house, new AddInstanceMember({ userId, roles: ['INSTANCE_OWNER'], by }));
  const known = await authenticate(desk.house.application, session.authorization);
  if (known.kind === 'rejected') throw new Error(known.refusal.code);
  principal = known.principal;
});
afterAll(() => desk.close());

type Rule = AccessRule<never>;

const verdict = (authorized: Authorized) =>
  authorized.kind === 'allowed' ? 'allowed' : authorized.refusal.code;

const ask = async (asked: Asked) =>
  verdict(await authorize({ application: desk.house.application, principal, chosen: null }, asked));

const about = ['itself', 'ada', 'stranger', 'nobody'] as const;

function askAboutUsers({ permission, self, ...rule }: Extract<Rule, { of: 'user' }>) {
  const reachesGone = rule.reachesGone ?? false;
  const idOf = (whom: (typeof about)[number]) =>
    (whom === 'itself' ? session.userId : people[whom]) as UserId;
  return Promise.all(
    about.map((whom) => ask({ of: 'user', permission, self, reachesGone, userId: idOf(whom) })),
  );
}

function askAboutOrganizations({ permission: found, ...rule }: Extract<Rule, { of: 'organization' }>) {
  const permission = typeof found === 'function' ? found({ names: [] } as never) : found;
  const reachesGone = rule.reachesGone ?? false;
  const organizations = [organizationId, otherId, people.nobody as unknown as OrganizationId];
  return Promise.all(
    organizations.map((id) => ask({ of: 'organization', permission, reachesGone, organizationId: id })),
  );
}

/** What is told of others is what is told of nobody. */
async function askAll(rule: Rule): Promise<readonly string[]> {
  switch (rule.of) {
    case 'user':
      return askAboutUsers(rule);
    case 'organization':
      return askAboutOrganizations(rule);
    case 'instance':
      return [await ask(rule)];
    case 'anyone':
    case 'session':
      return [];
  }
}

function expected(rule: Rule): readonly string[] {
  switch (rule.of) {
    case 'user':
      return [rule.self ? 'allowed' : 'permission-denied', ...Array(3).fill('user-not-found')];
    case 'organization':
      return ['permission-denied', 'organization-not-found', 'organization-not-found'];
    case 'instance':
      return ['permission-denied'];
    case 'anyone':
    case 'session':
      return [];
  }
}

describe('a session of who may do everything', () => {
  it('may do to itself what everybody may, and nothing to anybody else', async () => {
    const rules = desk.implemented.map(({ method, implementation }) => ({
      name: `${method.parent.name}.${method.name}`,
      rule: implementation.access as unknown as Rule,
    }));
    const told = await Promise.all(rules.map(async ({ name, rule }) => [name, await askAll(rule)]));
    expect(told).toEqual(rules.map(({ name, rule }) => [name, expected(rule)]));
    expect(rules.length).toBeGreaterThan(60);
  });

  it('makes nobody’s session, and no organization', async () => {
    const { authorization } = session;
    const { createSession } = SessionService.method;
    expect(await desk.said({ authorization }, createSession, {})).toBe('7 permission-denied AUTH-AWfge');
  });
});
