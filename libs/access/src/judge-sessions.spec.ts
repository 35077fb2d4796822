import { describe, expect, it } from '@jest/globals';

import { type Closeness, judgeSession, type Roles, type SessionPermission } from '#access/judge.js';
import type { OrganizationId } from '#domain/ids.js';

const acme = 'acme' as OrganizationId;
const umbrella = 'umbrella' as OrganizationId;

const noRoles: Roles = { organizationRoles: [], instanceRoles: [] };
const callers = {
  reader: { ...noRoles, organizationRoles: ['ORG_USER_READER'] },
  manager: { ...noRoles, organizationRoles: ['ORG_USER_MANAGER'] },
  owner: { ...noRoles, organizationRoles: ['ORG_OWNER'] },
  'instance owner': { ...noRoles, instanceRoles: ['INSTANCE_OWNER'] },
  'login client': { ...noRoles, instanceRoles: ['INSTANCE_LOGIN_CLIENT'] },
};

describe('a session is judged', () => {
  interface Asked {
    readonly organizationId?: OrganizationId | null;
    readonly chosen?: OrganizationId | null;
    readonly of?: Roles;
    readonly scopes?: readonly string[];
  }

  const ask = (closeness: Closeness, roles: Roles, permission: SessionPermission, asked: Asked = {}) => {
    const { organizationId = acme, chosen = null, of = noRoles, scopes = ['all'] } = asked;
    const target = { closeness, organizationId, ...of };
    const caller = { stream: 'user-anna', organizationId: acme, scopes, ...roles };
    return judgeSession({ permission, caller, chosen, target });
  };
  const askAll = (closeness: Closeness, roles: Roles, asked?: Asked) =>
    (['session.read', 'session.write', 'session.delete'] as const).map((permission) =>
      ask(closeness, roles, permission, asked),
    );

  it.each([
    ['itself', ['allowed', 'allowed', 'allowed']],
    ['own', ['allowed', 'denied', 'allowed']],
    ['made', ['allowed', 'denied', 'denied']],
    ['none', ['hidden', 'hidden', 'hidden']],
  ] as const)('that is %s, without any role: to be read, changed and ended it is %j', (closeness, all) => {
    expect(askAll(closeness, noRoles)).toEqual(all);
    expect(askAll(closeness, noRoles, { scopes: ['self'] })).toEqual(all);
    expect(askAll(closeness, callers.reader)).toEqual(all);
  });

  it.each(['manager', 'owner', 'instance owner'] as const)('by %s: allowed, whoever made it', (who) => {
    expect(askAll('none', callers[who])).toEqual(['allowed', 'allowed', 'allowed']);
  });

  it('by a login client: read and ended, and changed where it made it', () => {
    expect(askAll('none', callers['login client'])).toEqual(['allowed', 'denied', 'allowed']);
    expect(askAll('own', callers['login client'])).toEqual(['allowed', 'denied', 'allowed']);
    expect(askAll('made', callers['login client'])).toEqual(['allowed', 'allowed', 'allowed']);
  });

  it('of another organization: hidden from whoever has a role in one', () => {
    expect(askAll('none', callers.owner, { organizationId: umbrella, chosen: acme })).toEqual(
      Array(3).fill('hidden'),
    );
    expect(askAll('none', callers['instance owner'], { organizationId: umbrella })).toEqual(
      Array(3).fill('allowed'),
    );
  });

  it('that is nobody’s yet: a matter of who made it and of the instance', () => {
    const nobodys = { organizationId: null, chosen: acme };
    expect(askAll('none', callers.owner, nobodys)).toEqual(['hidden', 'hidden', 'hidden']);
    expect(askAll('none', callers['login client'], nobodys)).toEqual(['allowed', 'denied', 'allowed']);
    expect(askAll('made', callers['login client'], nobodys)).toEqual(['allowed', 'allowed', 'allowed']);
    expect(askAll('none', callers['instance owner'], nobodys)).toEqual(['allowed', 'allowed', 'allowed']);
    expect(askAll('made', noRoles, nobodys)).toEqual(['allowed', 'denied', 'denied']);
  });

  it('of somebody who may do more: changed and ended by nobody who did not make it', () => {
    const of = callers['instance owner'];
    expect(askAll('none', callers.manager, { of })).toEqual(['allowed', 'denied', 'denied']);
    expect(askAll('none', callers.manager, { of: callers.owner })).toEqual(['allowed', 'denied', 'denied']);
    expect(askAll('none', callers['login client'], { of })).toEqual(['allowed', 'denied', 'denied']);
    expect(askAll('made', callers['login client'], { of })).toEqual(['allowed', 'allowed', 'allowed']);
  });

  it('by the scopes of the token as well', () => {
    const reading = { scopes: ['session.read'] };
    expect(askAll('none', callers['login client'], reading)).toEqual(['allowed', 'denied', 'denied']);
    const writing = { scopes: ['session.write'] };
    expect(ask('made', callers['login client'], 'session.write', writing)).toBe('allowed');
    expect(ask('none', callers.manager, 'session.write', writing)).toBe('denied');
    const both = { scopes: ['session.write', 'user.credential.write'] };
    expect(ask('none', callers.manager, 'session.write', both)).toBe('allowed');
    expect(askAll('own', noRoles, reading)).toEqual(['allowed', 'denied', 'denied']);
    expect(askAll('none', callers['instance owner'], { scopes: ['self'] })).toEqual(Array(3).fill('hidden'));
  });
});
