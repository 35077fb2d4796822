import { describe, expect, it } from '@jest/globals';
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
  tablet,
  times,
  verified,
  watch,
} from '#domain/testing/factors.js';
import { sealed } from '#domain/testing/people.js';
import { accountOf, at, circumstances, given, now } from '#domain/testing/specification.js';
import {
  pendingTarget,
  registerTotpSeed,
  startTotpRegistration,
  verifyTotp,
  verifyTotpRegistration,
} from '#domain/totp/decide.js';

const seed = (totpId: TotpId) => ({
  organizationId: acme,
  totpId,
  name: sealed(totpId),
  secret: sealed(`secret of ${totpId}`),
  parameters,
});
const code = (totpId: TotpId, ...steps: readonly number[]) => ({
  organizationId: acme,
  totpId: null,
  comparison: { totpId, steps },
  hint: null,
});
const anyDevice = { organizationId: acme, totpId: null };
const tenMinutes = 600_000;
const justAdded = added(phone, now + 1);
const lastDevice = 'fourth' as TotpId;
const threeDevices = [...enrolled(phone), ...enrolled(watch), disabled(watch), imported(tablet)];
const conditions = [
  ['user.locked', 'user-locked'],
  ['user.deactivated', 'user-inactive'],
  ['user.removed', 'user-not-found'],
  ['user.erased', 'user-not-found'],
] as const;

describe('starting a registration', () => {
  it('waits ten minutes for the first code', () => {
    given(person)
      .when(startTotpRegistration, seed(phone))
      .thenAnswers({ expiresAt: now + tenMinutes }, added(phone, now + tenMinutes));
  });

  it('replaces the registration that is pending', () => {
    given(person, added(watch, now + 1))
      .when(startTotpRegistration, seed(phone))
      .thenAnswers({ expiresAt: now + tenMinutes }, added(phone, now + tenMinutes));
    expect(accountOf(person, added(watch), justAdded).totp).toMatchObject({
      devices: [],
      pending: { totpId: phone },
    });
  });

  it('a second registration never replaces a ready factor', () => {
    given(person, ...enrolled(phone))
      .when(startTotpRegistration, seed(phone))
      .thenRejected({ code: 'totp-already-ready' });
    expect(
      accountOf(person, ...enrolled(phone), added(watch), verified(watch, 7)).totp.devices,
    ).toMatchObject([
      { totpId: phone, status: 'ready' },
      { totpId: watch, status: 'ready' },
    ]);
  });

  it('nor a disabled one', () => {
    given(person, ...enrolled(phone), disabled(phone))
      .when(startTotpRegistration, seed(phone))
      .thenRejected({ code: 'totp-already-ready' });
  });

  it('is refused where the user has as many devices as the organization allows, disabled ones included', () => {
    given(person, ...threeDevices)
      .when(startTotpRegistration, seed(lastDevice))
      .thenRejected({ code: 'totp-devices-max', maximum: 3 });
    given(person, ...threeDevices)
      .when(startTotpRegistration, seed(lastDevice), circumstances({ settings: { totpDevicesMax: 4 } }))
      .thenAnswers({ expiresAt: now + tenMinutes }, added(lastDevice, now + tenMinutes));
  });

  it.each(conditions)('is refused after %s', (type, refused) => {
    given(person, { type }).when(startTotpRegistration, seed(phone)).thenRejected({ code: refused });
  });

  it('is for a user of this organization, not of another organization', () => {
    given(person)
      .when(startTotpRegistration, { ...seed(phone), organizationId: anotherOrganization })
      .thenRejected({ code: 'user-not-found' });
  });
});

describe('the first code', () => {
  it('is compared with the pending device', () => {
    const { name: _, organizationId: __, ...rest } = seed(phone);
    const target = { ...rest, driftSteps: 0, stepsPast: 1, stepsFuture: 0 };
    const account = accountOf(person, ...enrolled(watch), justAdded);
    expect(pendingTarget(account, anyDevice, circumstances())).toEqual({ kind: 'target', target });
    expect(pendingTarget(account, { ...anyDevice, totpId: phone }, circumstances())).toEqual({
      kind: 'target',
      target,
    });
  });

  it('makes the device ready, and its step is spent with it', () => {
    given(person, justAdded)
      .when(verifyTotpRegistration, code(phone, 100))
      .thenAnswers({ totpId: phone }, verified(phone, 100));
  });

  it('spends the latest step where it is the code of several', () => {
    given(person, justAdded)
      .when(verifyTotpRegistration, code(phone, 100, 101, 99))
      .thenAnswers({ totpId: phone }, verified(phone, 101));
  });

  it('is counted when it is wrong, like any guess', () => {
    given(person, justAdded, ...times(4, at(now, failed([phone]))))
      .when(verifyTotpRegistration, code(phone))
      .thenRejected(
        { code: 'wrong-code', attemptsLeft: 25, nextAttemptAt: now + 30_000, hint: null },
        failed([phone]),
      );
  });

  it('a code that fits the default parameters but not the chosen ones is refused with a hint of the likely cause', () => {
    given(person, justAdded)
      .when(verifyTotpRegistration, { ...code(phone), hint: 'default-parameters' })
      .thenRejected(
        { code: 'wrong-code', attemptsLeft: 29, nextAttemptAt: now, hint: 'default-parameters' },
        failed([phone]),
      );
  });

  it('a code of another time is refused with a hint of the clock', () => {
    given(person, justAdded)
      .when(verifyTotpRegistration, { ...code(phone), hint: 'clock-drift' })
      .thenRejected(
        { code: 'wrong-code', attemptsLeft: 29, nextAttemptAt: now, hint: 'clock-drift' },
        failed([phone]),
      );
  });

  it('never disables what is only pending', () => {
    given(person, justAdded, ...times(25, failed([phone])))
      .when(verifyTotpRegistration, code(phone))
      .thenRejected(
        { code: 'wrong-code', attemptsLeft: 4, nextAttemptAt: now + 3_600_000, hint: null },
        failed([phone]),
      );
    expect(
      accountOf(person, justAdded, ...times(25, failed([phone])), verified(phone, 100)).totp.devices,
    ).toMatchObject([{ status: 'ready', failures: 0 }]);
  });

  it.each([
    { why: 'there is none', past: [person], totpId: null, refusal: { code: 'totp-not-found' } },
    {
      why: 'another one is',
      past: [person, added(watch, now + 1)],
      totpId: phone,
      refusal: { code: 'totp-not-found' },
    },
    {
      why: 'it is not this one that is ready',
      past: [person, ...enrolled(watch)],
      totpId: phone,
      refusal: { code: 'totp-not-found' },
    },
    {
      why: 'all are ready',
      past: [person, ...enrolled(phone)],
      totpId: null,
      refusal: { code: 'totp-already-ready' },
    },
    {
      why: 'this one is ready',
      past: [person, ...enrolled(phone), added(watch, now + 1)],
      totpId: phone,
      refusal: { code: 'totp-already-ready' },
    },
    {
      why: 'it has expired',
      past: [person, added(phone, now)],
      totpId: null,
      refusal: { code: 'totp-registration-expired' },
    },
    {
      why: 'there are enough devices by now',
      past: [person, ...threeDevices, added(lastDevice, now + 1)],
      totpId: null,
      refusal: { code: 'totp-devices-max', maximum: 3 },
    },
    {
      why: 'the window is exhausted',
      past: [person, added(phone, now + 1), ...times(30, at(now, failed([phone])))],
      totpId: null,
      refusal: { code: 'totp-exhausted', nextAttemptAt: now + 30 * 86_400_000 },
    },
    {
      why: 'it comes too early',
      past: [person, added(phone, now + 1), ...times(6, at(now, failed([phone])))],
      totpId: null,
      refusal: { code: 'attempts-delayed', nextAttemptAt: now + 60_000, attemptsLeft: 24 },
    },
  ] as const)('is refused uncompared, without an event, where $why', ({ past, totpId, refusal }) => {
    given(...past)
      .when(verifyTotpRegistration, { ...code(phone, 100), totpId })
      .thenRejected(refusal);
    expect(pendingTarget(accountOf(...past), { ...anyDevice, totpId }, circumstances())).toEqual({
      kind: 'rejected',
      refusal,
    });
  });

  it('takes a comparison with another device for a bug', () => {
    expect(() => given(person, justAdded).when(verifyTotpRegistration, code(watch, 100))).toThrow(TypeError);
  });

  it.each(conditions)('is refused after %s', (type, refused) => {
    given(person, justAdded, { type })
      .when(verifyTotpRegistration, code(phone, 100))
      .thenRejected({ code: refused });
  });

  it('is for a user of this organization, not of another organization', () => {
    given(person, justAdded)
      .when(verifyTotpRegistration, { ...code(phone, 100), organizationId: anotherOrganization })
      .thenRejected({ code: 'user-not-found' });
  });
});

describe('importing a seed', () => {
  it('an imported seed is ready without proof, and says so in its event', () => {
    given(person)
      .when(registerTotpSeed, { ...seed(phone), name: null })
      .then(imported(phone));
    given(person, imported(phone))
      .when(verifyTotp, {
        ...anyDevice,
        digits: null,
        comparisons: [{ totpId: phone, steps: [100] }],
        purpose: null,
      })
      .thenAnswers(
        { totpId: phone },
        { type: 'user.human.mfa.otp.check.succeeded', totpId: phone, step: 100, purpose: null },
      );
  });

  it('puts it in the place of a pending one of the same id, and leaves others pending', () => {
    expect(accountOf(person, added(phone), imported(phone)).totp).toMatchObject({
      devices: [{ totpId: phone, status: 'ready' }],
      pending: null,
    });
    expect(accountOf(person, added(phone), imported(watch)).totp).toMatchObject({
      devices: [{ totpId: watch }],
      pending: { totpId: phone },
    });
  });

  it('never replaces a ready factor', () => {
    given(person, ...enrolled(phone))
      .when(registerTotpSeed, seed(phone))
      .thenRejected({ code: 'totp-already-ready' });
  });

  it('is refused where the user has as many devices as the organization allows', () => {
    given(person, ...threeDevices)
      .when(registerTotpSeed, seed(lastDevice))
      .thenRejected({ code: 'totp-devices-max', maximum: 3 });
  });

  it('is done by an administrator, also for a locked user', () => {
    given(person, { type: 'user.locked' })
      .when(registerTotpSeed, { ...seed(phone), name: null })
      .then(imported(phone));
  });

  it('is for a user of this organization, not of another organization', () => {
    given(person)
      .when(registerTotpSeed, { ...seed(phone), organizationId: anotherOrganization })
      .thenRejected({ code: 'user-not-found' });
  });
});
