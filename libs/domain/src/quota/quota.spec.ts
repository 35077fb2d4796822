import { describe, expect, test } from '@jest/globals';

import { type Account, noAccount } from '#domain/account/state.js';
import type { OrganizationId } from '#domain/ids.js';
import type { OrganizationEvent } from '#domain/organization/events.js';
import { defaultSettings } from '#domain/organization/settings.js';
import { evolveOrganization, noOrganization } from '#domain/organization/state.js';
import { noteQuotaReached } from '#domain/quota/decide.js';
import {
  ceilingsOf,
  exceeded,
  isTurn,
  meteredTypes,
  periodAt,
  reachedPercent,
  relationshipsOf,
} from '#domain/quota/usage.js';
import { specificationOf } from '#domain/testing/specification.js';
import type { TotpState } from '#domain/totp/state.js';
import type { UserState } from '#domain/user/state.js';

describe('a turn', () => {
  test('is a call that checked or changed what somebody logs in with', () => {
    expect(
      isTurn([{ type: 'user.unlocked' }, { type: 'user.human.mfa.otp.removed', totpId: 'a' as never }]),
    ).toBe(true);
    expect(isTurn([{ type: 'user.unlocked' }])).toBe(false);
    expect(isTurn([])).toBe(false);
  });

  test('is nothing that an administrator does to help', () => {
    const free = ['user.mfa.reset', 'user.mfa.attempts.reset', 'user.locked', 'user.removed', 'user.erased'];
    expect(free.filter((type) => meteredTypes.includes(type))).toEqual([]);
    expect(meteredTypes).toHaveLength(19);
  });
});

describe('a relationship', () => {
  const devices = [{ status: 'ready' }, { status: 'disabled' }];
  const account = (user: string): Account => ({
    ...noAccount,
    user: { status: user } as UserState,
    totp: { devices, pending: { status: 'pending' } } as unknown as TotpState,
  });

  test('is a factor of somebody who is there, and not one that waits for its first code', () => {
    expect(relationshipsOf(account('active'))).toBe(2);
    expect(relationshipsOf(account('inactive'))).toBe(2);
    expect(relationshipsOf(account('removed'))).toBe(0);
    expect(relationshipsOf(noAccount)).toBe(0);
  });
});

describe('a period', () => {
  test.each([
    ['2026-11-01T00:00:00.000Z', '2026-11-01', '2026-12-01'],
    ['2026-12-31T23:59:59.999Z', '2026-12-01', '2027-01-01'],
    ['2028-02-29T12:00:00.000Z', '2028-02-01', '2028-03-01'],
  ])('of %s is from %s to %s', (at, start, end) => {
    expect(periodAt(Date.parse(at))).toEqual({ start: Date.parse(start), end: Date.parse(end) });
  });
});

describe('a ceiling', () => {
  const ceilings = { turns: 10, relationships: 3 };

  test('is what is set, and none at 0', () => {
    expect(ceilingsOf(defaultSettings)).toEqual({ turns: null, relationships: null });
    expect(ceilingsOf({ ...defaultSettings, turnsPerPeriodMax: 7, relationshipsMax: 2 })).toEqual({
      turns: 7,
      relationships: 2,
    });
  });

  test('may be reached, and not passed', () => {
    const used = { turns: 9, relationships: 2 };
    expect(exceeded(used, { turns: 1, relationships: 1 }, ceilings)).toBeNull();
    expect(exceeded(used, { turns: 1, relationships: 2 }, ceilings)).toBe('relationships');
    expect(exceeded(used, { turns: 2, relationships: 2 }, ceilings)).toBe('turns');
    expect(exceeded(used, { turns: 99, relationships: 99 }, { turns: null, relationships: null })).toBeNull();
  });

  test('that was lowered stands in the way of nothing that adds nothing', () => {
    expect(exceeded({ turns: 99, relationships: 99 }, { turns: 0, relationships: -1 }, ceilings)).toBeNull();
  });

  test.each([
    [0, 10, null],
    [7, 10, null],
    [8, 10, 80],
    [9, 10, 80],
    [10, 10, 100],
    [11, 10, 100],
    [1, 1, 100],
  ])('of which %i of %i are used has reached %p percent', (used, ceiling, percent) => {
    expect(reachedPercent(used, ceiling)).toBe(percent);
  });
});

describe('reaching a percentage', () => {
  const given = specificationOf({
    initial: noOrganization,
    evolve: (state, event: OrganizationEvent) => evolveOrganization(state, event, 0),
    circumstances: undefined,
  });
  const added: OrganizationEvent = {
    type: 'org.added',
    organizationId: 'acme' as OrganizationId,
    name: 'Acme',
  };
  const removed: OrganizationEvent = { type: 'org.removed' };
  const [november, december] = [Date.UTC(2026, 10), Date.UTC(2026, 11)];
  const reached = (percent: 80 | 100, quota: 'turns' | 'relationships' = 'turns', periodStart = november) =>
    ({ quota, percent, used: percent, ceiling: 100, periodStart }) as const;
  const told = (...of: Parameters<typeof reached>) =>
    ({ type: 'org.quota.reached', ...reached(...of) }) as const;

  test('is told once in a period, for each quota', () => {
    given(added).when(noteQuotaReached, reached(80)).then(told(80));
    given(added, told(80)).when(noteQuotaReached, reached(80)).then();
    given(added, told(80)).when(noteQuotaReached, reached(100)).then(told(100));
    given(added, told(80))
      .when(noteQuotaReached, reached(80, 'relationships'))
      .then(told(80, 'relationships'));
  });

  test('is not told below one that was', () => {
    given(added, told(100)).when(noteQuotaReached, reached(80)).then();
    given(added, told(100), told(80, 'relationships')).when(noteQuotaReached, reached(80)).then();
  });

  test('is told again in the next period, and not any more in one that is over', () => {
    given(added, told(100))
      .when(noteQuotaReached, reached(80, 'turns', december))
      .then(told(80, 'turns', december));
    given(added, told(100), told(80, 'turns', december))
      .when(noteQuotaReached, reached(100))
      .then();
    given(added, told(80, 'turns', december), told(100))
      .when(noteQuotaReached, reached(80, 'turns', december))
      .then();
  });

  test('of an organization that is gone is told to nobody', () => {
    given(added, removed)
      .when(noteQuotaReached, reached(80))
      .thenRejected({ code: 'organization-not-found' });
  });
});
