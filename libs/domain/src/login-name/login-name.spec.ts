import { describe, expect, test } from '@jest/globals';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { claim, claimSeconds, confirm, refusePassword, release } from '#domain/login-name/decide.js';
import type { LoginNameEvent } from '#domain/login-name/events.js';
import { evolveLoginName, freeLoginName, type LoginNameState } from '#domain/login-name/state.js';
import { at, circumstances, now, specificationOf } from '#domain/testing/specification.js';

const given = specificationOf({
  initial: freeLoginName,
  evolve: evolveLoginName,
  circumstances: { now },
});

const anna = 'anna' as UserId;
const bert = 'bert' as UserId;
const organizationId = 'acme' as OrganizationId;
const otherOrganizationId = 'umbrella' as OrganizationId;

const claimed = (userId: UserId): LoginNameEvent => ({ type: 'login.claimed', userId, organizationId });
const confirmed = (userId: UserId): LoginNameEvent => ({ type: 'login.confirmed', userId });
const released = (userId: UserId): LoginNameEvent => ({ type: 'login.released', userId });

const byAnna = { userId: anna, organizationId, holderHolds: false };
const byAnnaOfAnother = { ...byAnna, organizationId: otherOrganizationId };
const held = { holderHolds: true };
const limit = claimSeconds * 1_000;

describe('claiming a login name', () => {
  test('a free name may be claimed', () => {
    given().when(claim, byAnna).then(claimed(anna));
    given(claimed(bert), released(bert)).when(claim, byAnna).then(claimed(anna));
    given(claimed(bert), confirmed(bert), released(bert)).when(claim, byAnna).then(claimed(anna));
  });

  test('the same user may claim again', () => {
    given(at(now - 1, claimed(anna)))
      .when(claim, byAnna)
      .then();
    given(at(now - limit, claimed(anna)))
      .when(claim, byAnna)
      .then();
    given(claimed(anna), confirmed(anna))
      .when(claim, { ...byAnna, ...held })
      .then();
  });

  test('a name that its holder gave up and claims anew is recorded as claimed', () => {
    given(claimed(anna), confirmed(anna)).when(claim, byAnna).then(claimed(anna));
  });

  test('a name that another user has is taken, over all organizations', () => {
    const taken = { code: 'login-name-taken' } as const;
    given(claimed(bert), confirmed(bert))
      .when(claim, { ...byAnna, ...held })
      .thenRejected(taken);
    given(claimed(bert), confirmed(bert))
      .when(claim, { ...byAnnaOfAnother, ...held })
      .thenRejected(taken);
  });

  test('a claim that was cut short before it was confirmed holds when its user has the name', () => {
    const taken = { code: 'login-name-taken' } as const;
    given(at(now - 1, claimed(bert)))
      .when(claim, { ...byAnna, ...held })
      .thenRejected(taken);
    given(at(now - limit, claimed(bert)))
      .when(claim, { ...byAnna, ...held })
      .thenRejected(taken);
  });

  test('a young claim of another user is respected, and says how long', () => {
    given(at(now - limit + 1, claimed(bert)))
      .when(claim, byAnna)
      .thenRejected({ code: 'login-name-claimed', retryAt: now + 1 });
    given(at(now, claimed(bert)))
      .when(claim, byAnnaOfAnother)
      .thenRejected({ code: 'login-name-claimed', retryAt: now + limit });
  });

  test('a claim not confirmed in 60 s may be taken over', () => {
    expect(claimSeconds).toBe(60);
    given(at(now - limit, claimed(bert)))
      .when(claim, byAnna)
      .then(claimed(anna));
  });

  test('a clock that was set back keeps nobody waiting for a claim from the future', () => {
    given(at(now + limit - 1, claimed(bert)))
      .when(claim, byAnna)
      .thenRejected({ code: 'login-name-claimed', retryAt: now + 2 * limit - 1 });
    given(at(now + limit, claimed(bert)))
      .when(claim, byAnna)
      .then(claimed(anna));
  });

  test('a confirmed name whose holder has it no longer may be taken over', () => {
    given(at(now - 1, claimed(bert)), at(now, confirmed(bert)))
      .when(claim, byAnna)
      .then(claimed(anna));
  });
});

describe('confirming a login name', () => {
  test('the user who claimed it confirms it', () => {
    given(claimed(anna)).when(confirm, { userId: anna }).then(confirmed(anna));
  });

  test('also late, if nobody took it over', () => {
    given(at(now - 10 * limit, claimed(anna)))
      .when(confirm, { userId: anna })
      .then(confirmed(anna));
  });

  test('what is confirmed may be confirmed again', () => {
    given(claimed(anna), confirmed(anna)).when(confirm, { userId: anna }).then();
  });

  test.each([
    ['was never claimed', []],
    ['was released', [claimed(anna), released(anna)]],
    ['was taken over', [claimed(anna), claimed(bert)]],
    ['was taken over and confirmed', [claimed(anna), claimed(bert), confirmed(bert)]],
    ['was taken over after it was confirmed', [claimed(anna), confirmed(anna), claimed(bert)]],
  ])('a name that %s is lost', (_, past) => {
    given(...past)
      .when(confirm, { userId: anna })
      .thenRejected({ code: 'login-name-lost' });
  });
});

describe('releasing a login name', () => {
  test('its holder releases it', () => {
    given(claimed(anna)).when(release, { userId: anna, holderHolds: false }).then(released(anna));
    given(claimed(anna), confirmed(anna))
      .when(release, { userId: anna, holderHolds: false })
      .then(released(anna));
  });

  test('who still has it, as a verified address perhaps, keeps it', () => {
    given(claimed(anna), confirmed(anna))
      .when(release, { userId: anna, ...held })
      .then();
  });

  test.each([
    ['is free', []],
    ['was claimed by another user', [claimed(bert)]],
    ['is had by another user', [claimed(bert), confirmed(bert)]],
    ['was taken over', [claimed(anna), confirmed(anna), claimed(bert)]],
  ])('a name that %s stays so', (_, past) => {
    given(...past)
      .when(release, { userId: anna, holderHolds: false })
      .then();
  });
});

describe('a password for a name that nobody has', () => {
  const failed: LoginNameEvent = { type: 'login.password.check.failed' };
  const refuse = (name: LoginNameState) => refusePassword(name, circumstances());
  const wrong = (attemptsLeft: number, nextAttemptAt: number | null = now) =>
    ({ code: 'password-wrong', failures: 100 - attemptsLeft, attemptsLeft, nextAttemptAt }) as const;
  const times = (count: number) => Array.from({ length: count }, () => at(now, failed));

  test('is wrong, and counts', () => {
    given().when(refuse, null).thenRejected(wrong(99), failed);
    given(...times(3))
      .when(refuse, null)
      .thenRejected(wrong(96), failed);
  });

  test('has to wait as for a name that somebody has, and then costs nothing', () => {
    given(...times(4))
      .when(refuse, null)
      .thenRejected(wrong(95, now + 30_000), failed);
    given(...times(5))
      .when(refuse, null)
      .thenRejected({ code: 'password-delayed', nextAttemptAt: now + 30_000, attemptsLeft: 95 });
  });

  test('is refused for good in the end, as for a name that somebody has', () => {
    const long = Array.from({ length: 99 }, () => at(now - 7_200_000, failed));
    given(...long)
      .when(refuse, null)
      .thenRejected(wrong(0, null), failed);
    given(...long, at(now - 7_200_000, failed))
      .when(refuse, null)
      .thenRejected({ code: 'password-exhausted' });
  });

  test('counts for nobody who has the name later, nor once it is free again', () => {
    const states = [
      [failed, claimed(anna)],
      [failed, claimed(anna), confirmed(anna)],
      [claimed(anna), failed, released(anna)],
    ].map((past) => past.reduce((name, event) => evolveLoginName(name, event, now), freeLoginName));
    expect(states.map(({ wrongPasswords }) => wrongPasswords)).toEqual([null, null, null]);
  });

  test('counts while a claim is under way', () => {
    given(claimed(anna), ...times(5))
      .when(refuse, null)
      .thenRejected({ code: 'password-delayed', nextAttemptAt: now + 30_000, attemptsLeft: 95 });
  });
});

describe('folding', () => {
  test('a claim that was taken over cannot be confirmed or released by the one who lost it', () => {
    const taken = evolveLoginName(freeLoginName, claimed(bert), now);
    expect(evolveLoginName(taken, confirmed(anna), now)).toBe(taken);
    expect(evolveLoginName(taken, released(anna), now)).toBe(taken);
  });

  test('a name that nobody claimed cannot be confirmed', () => {
    expect(evolveLoginName(freeLoginName, confirmed(anna), now)).toBe(freeLoginName);
  });

  test('a confirmed name resolves to its user and organization', () => {
    const name = evolveLoginName(evolveLoginName(freeLoginName, claimed(anna), now), confirmed(anna), now);
    expect(name).toStrictEqual({ status: 'confirmed', userId: anna, organizationId, wrongPasswords: null });
  });
});
