import { describe, expect, it } from '@jest/globals';
import type { AccountEvent } from '#domain/account/events.js';
import { accountAfter } from '#domain/account/state.js';
import type { TotpId } from '#domain/ids.js';
import {
  acme,
  added,
  anotherOrganization,
  disabled,
  enrolled,
  failed,
  imported,
  parameters,
  person,
  phone,
  resynced,
  succeeded,
  tablet,
  times,
  verified,
  watch,
} from '#domain/testing/factors.js';
import { sealed } from '#domain/testing/people.js';
import { accountOf, at, circumstances, given, now } from '#domain/testing/specification.js';
import { totpTargets, verifyTotp } from '#domain/totp/decide.js';

const wrong = (totpId: TotpId) => ({ totpId, steps: [] });
const right = (totpId: TotpId, ...steps: readonly number[]) => ({ totpId, steps });
const guess = (...comparisons: readonly { totpId: TotpId; steps: readonly number[] }[]) => ({
  organizationId: acme,
  totpId: null,
  digits: null,
  comparisons,
  purpose: null,
});
/** What is told of a first wrong code. */
const told = { attemptsLeft: 19, nextAttemptAt: now };
const wrongCode = { code: 'wrong-code', ...told, hint: null } as const;
const used = { code: 'code-already-used', ...told } as const;
const rejected = (code: string) => ({ kind: 'rejected', refusal: { code } });
const anyDevice = { organizationId: acme, totpId: null, digits: null };
const targeted = (totpId: TotpId, driftSteps = 0) => ({
  totpId,
  secret: sealed(`secret of ${totpId}`),
  parameters,
  driftSteps,
  stepsPast: 1,
  stepsFuture: 0,
});

describe('verifying a code', () => {
  it('spends the step that it is of', () => {
    given(person, ...enrolled(phone))
      .when(verifyTotp, guess(right(phone, 101)))
      .thenAnswers({ totpId: phone }, succeeded(phone, 101));
  });

  it('spends the latest step where one code is that of several, so that it is right only once', () => {
    given(person, ...enrolled(phone))
      .when(verifyTotp, guess(right(phone, 102, 103, 101)))
      .thenAnswers({ totpId: phone }, succeeded(phone, 103));
    given(person, ...enrolled(phone), succeeded(phone, 103))
      .when(verifyTotp, guess(right(phone, 102, 103, 101)))
      .thenRejected(used, failed([phone], 'used'));
  });

  it('keeps what the code was given for', () => {
    const purpose = sealed('transfer of 20');
    given(person, ...enrolled(phone))
      .when(verifyTotp, { ...guess(right(phone, 101)), purpose })
      .thenAnswers({ totpId: phone }, succeeded(phone, 101, purpose));
    given(person, ...enrolled(phone))
      .when(verifyTotp, { ...guess(wrong(phone)), purpose })
      .thenRejected(wrongCode, failed([phone], 'wrong', purpose));
  });

  it('a used step is refused', () => {
    given(person, ...enrolled(phone), succeeded(phone, 101))
      .when(verifyTotp, guess(right(phone, 101)))
      .thenRejected(used, failed([phone], 'used'));
  });

  it('a used step is refused, also the one that confirmed the enrolment', () => {
    given(person, added(phone), verified(phone, 100))
      .when(verifyTotp, guess(right(phone, 100)))
      .thenRejected(used, failed([phone], 'used'));
  });

  it('a used step is refused, also from another device of the clock', () => {
    // Since the resync our clock stands at other steps than the device's; what is spent is the device's step.
    given(person, ...enrolled(phone), resynced(phone, -5, 120))
      .when(verifyTotp, guess(right(phone, 120)))
      .thenRejected(used, failed([phone], 'used'));
  });

  it('an older step after a newer is refused', () => {
    given(person, ...enrolled(phone), succeeded(phone, 102))
      .when(verifyTotp, guess(right(phone, 101)))
      .thenRejected(used, failed([phone], 'used'));
  });

  it('the very first step of all can be spent on an imported seed', () => {
    given(person, imported(phone))
      .when(verifyTotp, guess(right(phone, 0)))
      .thenAnswers({ totpId: phone }, succeeded(phone, 0));
  });

  it('a wrong code is counted against every device that it was compared with', () => {
    given(person, ...enrolled(phone), ...enrolled(watch))
      .when(verifyTotp, guess(wrong(phone), wrong(watch)))
      .thenRejected({ ...wrongCode, attemptsLeft: 14 }, failed([phone, watch]));
  });

  it('a used step is refused as used, although other devices do not know the code', () => {
    given(person, ...enrolled(phone), ...enrolled(watch))
      .when(verifyTotp, guess(wrong(phone), right(watch, 100)))
      .thenRejected({ ...used, attemptsLeft: 15 }, failed([phone, watch], 'used'));
  });

  it('a code of a second device is accepted, and the first one is not charged for it', () => {
    given(person, ...enrolled(phone), ...enrolled(watch))
      .when(verifyTotp, guess(wrong(phone), right(watch, 101)))
      .thenAnswers({ totpId: watch }, succeeded(watch, 101));
  });

  it('a step that is spent on one device may be fresh on another', () => {
    given(person, ...enrolled(phone), ...enrolled(watch), succeeded(phone, 101))
      .when(verifyTotp, guess(right(phone, 101), right(watch, 101)))
      .thenAnswers({ totpId: watch }, succeeded(watch, 101));
  });

  it.each([
    { comparisons: [] },
    { comparisons: [wrong(phone)] },
    { comparisons: [wrong(phone), wrong(tablet)] },
    { comparisons: [right(phone, 101), wrong(watch), wrong(tablet)] },
  ])('takes other comparisons than were asked for, for a bug (%#)', ({ comparisons }) => {
    expect(() =>
      given(person, ...enrolled(phone), ...enrolled(watch)).when(verifyTotp, guess(...comparisons)),
    ).toThrow(new TypeError('what was compared is not what the targets say'));
  });

  it('is for a user of this organization, not of another organization', () => {
    given(person, ...enrolled(phone))
      .when(verifyTotp, { ...guess(right(phone, 101)), organizationId: anotherOrganization })
      .thenRejected({ code: 'user-not-found' });
  });
});

describe('a locked, inactive, removed or erased user verifies nothing', () => {
  it.each([
    ['user.locked', 'user-locked'],
    ['user.deactivated', 'user-inactive'],
    ['user.removed', 'user-not-found'],
    ['user.erased', 'user-not-found'],
  ] as const)('no TOTP code after %s', (type, code) => {
    const past = [person, ...enrolled(phone), { type }];
    given(...past)
      .when(verifyTotp, guess(right(phone, 101)))
      .thenRejected({ code });
    expect(totpTargets(accountOf(...past), anyDevice, circumstances())).toEqual(rejected(code));
  });

  it('nor does one whose organization is not active', () => {
    given(person, ...enrolled(phone))
      .when(verifyTotp, guess(right(phone, 101)), circumstances({ organization: 'inactive' }))
      .thenRejected({ code: 'organization-not-active' });
  });
});

describe('commands that race', () => {
  /** Each is decided anew on what those before it left. */
  const inTurn = (past: readonly AccountEvent[], ...guesses: readonly ReturnType<typeof guess>[]) => {
    const turns = guesses.reduce<{
      account: ReturnType<typeof accountOf>;
      told: string[];
      events: AccountEvent[];
    }>(
      ({ account, told, events }, command) => {
        const decision = verifyTotp(account, command, circumstances());
        const after = accountAfter(account, decision.events, now);
        const word = decision.outcome.kind === 'accepted' ? 'accepted' : decision.outcome.refusal.code;
        return { account: after, told: [...told, word], events: [...events, ...decision.events] };
      },
      { account: accountOf(...past), told: [], events: [] },
    );
    return { told: turns.told, events: turns.events };
  };

  it('two parallel right codes: one wins', () => {
    const same = guess(right(phone, 101));
    expect(inTurn([person, ...enrolled(phone)], same, same)).toEqual({
      told: ['accepted', 'code-already-used'],
      events: [succeeded(phone, 101), failed([phone], 'used')],
    });
  });

  it('two parallel codes of adjacent steps: never the older after the newer', () => {
    const past = [person, ...enrolled(phone)];
    const [older, newer] = [guess(right(phone, 101)), guess(right(phone, 102))];
    expect(inTurn(past, older, newer).told).toEqual(['accepted', 'accepted']);
    expect(inTurn(past, newer, older).told).toEqual(['accepted', 'code-already-used']);
  });

  it('the guess that trips the cap and a right code: a serial order decides and both are recorded', () => {
    const past = [person, ...enrolled(phone), ...times(19, failed([phone]))];
    const [tripping, good] = [guess(wrong(phone)), guess(right(phone, 101))];
    expect(inTurn(past, good, tripping)).toEqual({
      told: ['accepted', 'wrong-code'],
      events: [succeeded(phone, 101), failed([phone])],
    });
    // The good one now comes too late to be compared, so that there is nothing to record of it.
    expect(inTurn(past, tripping, { ...good, comparisons: [] })).toEqual({
      told: ['wrong-code', 'attempts-delayed'],
      events: [failed([phone]), disabled(phone)],
    });
  });
});

describe('the targets of a code', () => {
  it('are all devices that are ready', () => {
    const account = accountOf(person, ...enrolled(phone), imported(watch), added(tablet, now + 1));
    expect(totpTargets(account, anyDevice, circumstances())).toEqual({
      kind: 'targets',
      targets: [targeted(phone), targeted(watch)],
    });
  });

  it('are the device that is named', () => {
    const account = accountOf(person, ...enrolled(phone), imported(watch));
    expect(totpTargets(account, { ...anyDevice, totpId: watch }, circumstances())).toEqual({
      kind: 'targets',
      targets: [targeted(watch)],
    });
  });

  it('leave out a device that is disabled', () => {
    const account = accountOf(person, ...enrolled(phone), ...enrolled(watch), disabled(phone));
    expect(totpTargets(account, anyDevice, circumstances())).toEqual({
      kind: 'targets',
      targets: [targeted(watch)],
    });
  });

  it('follow the window of the organization, and the drift of the device', () => {
    const account = accountOf(person, ...enrolled(phone), resynced(phone, -3, 101));
    const settings = { stepsPast: 0, stepsFuture: 1 } as const;
    expect(totpTargets(account, anyDevice, circumstances({ settings }))).toEqual({
      kind: 'targets',
      targets: [{ ...targeted(phone, -3), stepsPast: 0, stepsFuture: 1 }],
    });
  });

  it('are none for a user of another organization', () => {
    const elsewhere = { ...anyDevice, organizationId: anotherOrganization };
    expect(totpTargets(accountOf(person, ...enrolled(phone)), elsewhere, circumstances())).toEqual(
      rejected('user-not-found'),
    );
  });
});

describe('a guess that is refused uncompared leaves no trace', () => {
  const wrongNow = at(now, failed([phone]));
  const exhausted = times(30, at(now - 86_400_000, failed([phone])));
  const nextInWindow = now + 29 * 86_400_000;
  const five = times(5, wrongNow);

  it.each([
    { why: 'there is no device', past: [person], totpId: null, refusal: { code: 'totp-not-found' } },
    {
      why: 'there is none of this id',
      past: [person, ...enrolled(phone)],
      totpId: watch,
      refusal: { code: 'totp-not-found' },
    },
    {
      why: 'the only one is pending',
      past: [person, added(phone, now + 1)],
      totpId: null,
      refusal: { code: 'totp-not-ready' },
    },
    {
      why: 'this one is pending',
      past: [person, ...enrolled(watch), added(phone, now + 1)],
      totpId: phone,
      refusal: { code: 'totp-not-ready' },
    },
    {
      why: 'another one is pending',
      past: [person, added(phone, now + 1)],
      totpId: watch,
      refusal: { code: 'totp-not-found' },
    },
    {
      why: 'the pending one has expired',
      past: [person, added(phone, now)],
      totpId: null,
      refusal: { code: 'totp-not-found' },
    },
    {
      why: 'the window is exhausted, whatever else',
      past: [person, ...enrolled(phone), ...exhausted, ...five, disabled(phone)],
      totpId: null,
      refusal: { code: 'totp-exhausted', nextAttemptAt: nextInWindow },
    },
    {
      why: 'it comes too early, whatever is disabled',
      past: [person, ...enrolled(phone), ...enrolled(watch), ...five, disabled(phone)],
      totpId: null,
      refusal: { code: 'attempts-delayed', nextAttemptAt: now + 30_000, attemptsLeft: 20 },
    },
    {
      why: 'it comes too early for the last device',
      past: [person, ...enrolled(phone), ...five, disabled(phone)],
      totpId: null,
      refusal: { code: 'attempts-delayed', nextAttemptAt: now + 30_000, attemptsLeft: 0 },
    },
    {
      why: 'every device is disabled',
      past: [person, ...enrolled(phone), ...enrolled(watch), disabled(phone), disabled(watch)],
      totpId: null,
      refusal: { code: 'totp-disabled' },
    },
    {
      why: 'the device is disabled',
      past: [person, ...enrolled(phone), ...enrolled(watch), disabled(phone)],
      totpId: phone,
      refusal: { code: 'totp-disabled' },
    },
  ] as const)('where $why', ({ past, totpId, refusal }) => {
    given(...past)
      .when(verifyTotp, { ...guess(), totpId })
      .thenRejected(refusal);
    expect(totpTargets(accountOf(...past), { ...anyDevice, totpId }, circumstances())).toEqual({
      kind: 'rejected',
      refusal,
    });
  });

  it('a pending factor counts for nothing', () => {
    given(person, ...enrolled(phone), added(watch, now + 1))
      .when(verifyTotp, guess(wrong(phone)))
      .thenRejected(wrongCode, failed([phone]));
  });
});
