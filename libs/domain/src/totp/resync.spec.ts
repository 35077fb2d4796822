import { describe, expect, it } from '@jest/globals';
import type { TotpId } from '#domain/ids.js';
import {
  acme,
  added,
  anotherOrganization,
  disabled,
  enrolled,
  failed,
  parameters,
  person,
  phone,
  resynced,
  times,
  watch,
} from '#domain/testing/factors.js';
import { sealed } from '#domain/testing/people.js';
import { accountOf, circumstances, given, now } from '#domain/testing/specification.js';
import { resyncStepsMax, resyncTarget, resyncTotp } from '#domain/totp/decide.js';

const resync = (match: { step: number; driftSteps: number } | null) => ({
  organizationId: acme,
  totpId: phone,
  match,
});
/** What is told of a first wrong code. */
const told = { attemptsLeft: 19, nextAttemptAt: now };
const wrongCode = { code: 'wrong-code', ...told, hint: null } as const;
const used = { code: 'code-already-used', ...told } as const;
const rejected = (code: string) => ({ kind: 'rejected', refusal: { code } });
const targeted = (totpId: TotpId, driftSteps = 0) => ({
  totpId,
  secret: sealed(`secret of ${totpId}`),
  parameters,
  driftSteps,
  stepsPast: 1,
  stepsFuture: 0,
});

describe('resyncing a device', () => {
  const address = { organizationId: acme, totpId: phone };

  it('looks for two consecutive codes around our own clock', () => {
    const account = accountOf(person, ...enrolled(phone), resynced(phone, 7, 110));
    expect(resyncTarget(account, address, circumstances())).toEqual({
      kind: 'target',
      target: { ...targeted(phone), stepsPast: resyncStepsMax, stepsFuture: resyncStepsMax },
    });
  });

  it.each([-20, 20])('takes over the drift (%d) and spends the later step', (driftSteps) => {
    given(person, ...enrolled(phone))
      .when(resyncTotp, resync({ step: 101, driftSteps }))
      .then(resynced(phone, driftSteps, 101));
    expect(
      accountOf(person, ...enrolled(phone), resynced(phone, driftSteps, 101)).totp.devices,
    ).toMatchObject([{ driftSteps, spentStep: 101 }]);
  });

  it('counts a miss as a wrong code', () => {
    given(person, ...enrolled(phone))
      .when(resyncTotp, resync(null))
      .thenRejected(wrongCode, failed([phone]));
  });

  it('disables the device like any guess', () => {
    given(person, ...enrolled(phone), ...times(19, failed([phone])))
      .when(resyncTotp, resync(null))
      .thenRejected(
        { code: 'wrong-code', attemptsLeft: 0, nextAttemptAt: null, hint: null },
        failed([phone]),
        disabled(phone),
      );
  });

  it('a used step is refused, also the one that confirmed the enrolment', () => {
    given(person, ...enrolled(phone))
      .when(resyncTotp, resync({ step: 100, driftSteps: 3 }))
      .thenRejected(used, failed([phone], 'used'));
  });

  it.each([-21, 21])('takes a drift of more than it looks for (%d) for a bug', (driftSteps) => {
    expect(() =>
      given(person, ...enrolled(phone)).when(resyncTotp, resync({ step: 101, driftSteps })),
    ).toThrow(TypeError);
  });

  it.each([
    { why: 'of another device', past: [person, ...enrolled(watch)], code: 'totp-not-found' },
    { why: 'of a pending device', past: [person, added(phone, now + 1)], code: 'totp-not-ready' },
    {
      why: 'of a disabled device',
      past: [person, ...enrolled(phone), disabled(phone)],
      code: 'totp-disabled',
    },
  ] as const)('is refused uncompared where it is $why', ({ past, code }) => {
    given(...past)
      .when(resyncTotp, resync({ step: 101, driftSteps: 1 }))
      .thenRejected({ code });
    expect(resyncTarget(accountOf(...past), address, circumstances())).toEqual(rejected(code));
  });

  it.each([
    ['user.locked', 'user-locked'],
    ['user.deactivated', 'user-inactive'],
    ['user.removed', 'user-not-found'],
    ['user.erased', 'user-not-found'],
  ] as const)('a locked, inactive, removed or erased user verifies nothing: %s', (type, code) => {
    given(person, ...enrolled(phone), { type })
      .when(resyncTotp, resync({ step: 101, driftSteps: 1 }))
      .thenRejected({ code });
  });

  it('is for a user of this organization, not of another organization', () => {
    const match = { step: 101, driftSteps: 1 };
    given(person, ...enrolled(phone))
      .when(resyncTotp, { ...resync(match), organizationId: anotherOrganization })
      .thenRejected({ code: 'user-not-found' });
  });
});
