import { describe, expect, it } from '@jest/globals';
import type { TotpId } from '#domain/ids.js';
import {
  acme,
  added,
  anotherOrganization,
  codeFailed,
  codeSpent,
  disabled,
  enrolled,
  failed,
  generated,
  person,
  phone,
  removed,
  succeeded,
  times,
  verified,
  watch,
} from '#domain/testing/factors.js';
import { sealed } from '#domain/testing/people.js';
import { accountOf, at, given, now } from '#domain/testing/specification.js';
import { removeTotp, renameTotp } from '#domain/totp/decide.js';

type Proof = Parameters<typeof removeTotp>[1]['proof'];

const removal = (proof: Proof) => ({ organizationId: acme, totpId: phone, proof });
const byCode = (...steps: readonly number[]): Proof => ({
  by: 'totp',
  digits: 6,
  comparisons: [{ totpId: phone, steps }],
});
const byRecoveryCode = (matches: boolean): Proof => ({ by: 'recovery-code', selector: 'aa', matches });
const byAdministrator: Proof = { by: 'administrator' };
const enrolledWithCodes = [person, ...enrolled(phone), generated(['aa', 'bb'])];

describe('removing a factor takes a code of it or a recovery code, or an administrator', () => {
  it('is refused without a proof', () => {
    given(...enrolledWithCodes)
      .when(removeTotp, removal(null))
      .thenRejected({ code: 'proof-required' });
  });

  it('takes a code of it, which is spent', () => {
    given(...enrolledWithCodes)
      .when(removeTotp, removal(byCode(101)))
      .then(succeeded(phone, 101), removed(phone));
  });

  it('takes a recovery code, which is spent', () => {
    given(...enrolledWithCodes)
      .when(removeTotp, removal(byRecoveryCode(true)))
      .then(codeSpent('aa'), removed(phone));
  });

  it('takes an administrator, also for a locked user', () => {
    given(...enrolledWithCodes, { type: 'user.locked' })
      .when(removeTotp, removal(byAdministrator))
      .then(removed(phone));
  });

  it('takes no code of another device', () => {
    const ofTheWatch: Proof = { by: 'totp', digits: 6, comparisons: [{ totpId: watch, steps: [101] }] };
    expect(() =>
      given(...enrolledWithCodes, ...enrolled(watch)).when(removeTotp, removal(ofTheWatch)),
    ).toThrow(TypeError);
  });

  it('counts a wrong code of it', () => {
    given(...enrolledWithCodes)
      .when(removeTotp, removal(byCode()))
      .thenRejected(
        { code: 'wrong-code', attemptsLeft: 19, nextAttemptAt: now, hint: null },
        failed([phone]),
      );
  });

  it('disables the device with the last wrong code that it allows', () => {
    given(...enrolledWithCodes, ...times(19, failed([phone])))
      .when(removeTotp, removal(byCode()))
      .thenRejected(
        { code: 'wrong-code', attemptsLeft: 0, nextAttemptAt: null, hint: null },
        failed([phone]),
        disabled(phone),
      );
  });

  it('a used step is refused', () => {
    given(...enrolledWithCodes)
      .when(removeTotp, removal(byCode(100)))
      .thenRejected(
        { code: 'code-already-used', attemptsLeft: 19, nextAttemptAt: now },
        failed([phone], 'used'),
      );
  });

  it('counts a wrong recovery code', () => {
    given(...enrolledWithCodes)
      .when(removeTotp, removal(byRecoveryCode(false)))
      .thenRejected({ code: 'wrong-recovery-code', nextAttemptAt: now }, codeFailed);
  });

  it('is delayed, without an event, by failures of whatever factor', () => {
    const past = [...enrolledWithCodes, ...times(5, at(now, codeFailed))];
    const nextAttemptAt = now + 30_000;
    given(...past)
      .when(removeTotp, removal(byCode(101)))
      .thenRejected({ code: 'attempts-delayed', nextAttemptAt, attemptsLeft: 20 });
    given(...past)
      .when(removeTotp, removal(byRecoveryCode(true)))
      .thenRejected({ code: 'attempts-delayed', nextAttemptAt, attemptsLeft: null });
  });

  it('takes a recovery code or an administrator where the device is disabled, and no code of it', () => {
    const past = [...enrolledWithCodes, disabled(phone)];
    given(...past)
      .when(removeTotp, removal(byCode(101)))
      .thenRejected({ code: 'totp-disabled' });
    given(...past)
      .when(removeTotp, removal(byRecoveryCode(true)))
      .then(codeSpent('aa'), removed(phone));
    given(...past)
      .when(removeTotp, removal(byAdministrator))
      .then(removed(phone));
  });

  it('takes nothing where it is only pending', () => {
    given(person, added(phone, now + 1))
      .when(removeTotp, removal(null))
      .then(removed(phone));
    expect(accountOf(person, added(phone), removed(phone)).totp).toEqual({ devices: [], pending: null });
  });

  it.each<[string, TotpId, number]>([
    ['has expired', phone, now],
    ['is another', watch, now + 1],
  ])('finds nothing where the pending one %s', (_, totpId, expiresAt) => {
    given(person, added(totpId, expiresAt))
      .when(removeTotp, removal(byAdministrator))
      .thenRejected({ code: 'totp-not-found' });
  });

  it.each([
    ['user.locked', 'user-locked'],
    ['user.deactivated', 'user-inactive'],
    ['user.removed', 'user-not-found'],
    ['user.erased', 'user-not-found'],
  ] as const)('a locked, inactive, removed or erased user verifies nothing: %s', (type, code) => {
    given(...enrolledWithCodes, { type })
      .when(removeTotp, removal(byCode(101)))
      .thenRejected({ code });
    given(...enrolledWithCodes, { type })
      .when(removeTotp, removal(byRecoveryCode(true)))
      .thenRejected({ code });
  });

  it.each([null, byAdministrator, byCode(101), byRecoveryCode(true)])(
    'is for a user of this organization, not of another organization (%j)',
    (proof) => {
      given(...enrolledWithCodes)
        .when(removeTotp, { ...removal(proof), organizationId: anotherOrganization })
        .thenRejected({ code: 'user-not-found' });
    },
  );

  it('takes a proof of an unknown kind for a bug', () => {
    const proof = { by: 'word of honour' } as unknown as Proof;
    expect(() => given(...enrolledWithCodes).when(removeTotp, removal(proof))).toThrow(TypeError);
  });

  it('leaves what is pending', () => {
    const pending = { totpId: watch, status: 'pending' };
    expect(accountOf(person, ...enrolled(phone), added(watch)).totp).toMatchObject({ pending });
    expect(accountOf(person, ...enrolled(phone), added(watch), removed(phone)).totp).toMatchObject({
      devices: [],
      pending,
    });
  });

  it('leaves a disabled device disabled', () => {
    const past = [person, ...enrolled(phone), ...enrolled(watch), disabled(watch), removed(phone)];
    expect(accountOf(...past).totp.devices).toMatchObject([{ totpId: watch, status: 'disabled' }]);
  });

  it('leaves the other devices', () => {
    expect(
      accountOf(person, ...enrolled(phone), ...enrolled(watch), removed(phone)).totp.devices,
    ).toMatchObject([{ totpId: watch, status: 'ready', spentStep: 100 }]);
  });
});

describe('renaming a device', () => {
  const name = sealed('work');
  const renaming = { organizationId: acme, totpId: phone, name };
  const renamed = { type: 'user.human.mfa.otp.renamed', totpId: phone, name } as const;

  it('is done to a device that is ready, disabled or pending', () => {
    given(person, ...enrolled(phone))
      .when(renameTotp, renaming)
      .then(renamed);
    given(person, ...enrolled(phone), disabled(phone))
      .when(renameTotp, renaming)
      .then(renamed);
    given(person, added(phone, now + 1))
      .when(renameTotp, renaming)
      .then(renamed);
  });

  it('changes the name and nothing else', () => {
    const past = [person, ...enrolled(watch), ...enrolled(phone)];
    const { devices } = accountOf(...past).totp;
    expect(accountOf(...past, renamed).totp.devices).toEqual([devices[0], { ...devices[1], name }]);
    expect(accountOf(person, added(phone), renamed, verified(phone, 100)).totp.devices).toMatchObject([
      { name },
    ]);
  });

  it('is no change where it has this name', () => {
    given(person, ...enrolled(phone), renamed)
      .when(renameTotp, renaming)
      .then();
    given(person, added(phone, now + 1), renamed)
      .when(renameTotp, renaming)
      .then();
  });

  it.each([
    { what: 'another one', past: [person, ...enrolled(watch)] },
    { what: 'an expired one', past: [person, added(phone, now)] },
  ])('finds nothing where there is only $what', ({ past }) => {
    given(...past)
      .when(renameTotp, renaming)
      .thenRejected({ code: 'totp-not-found' });
  });

  it('is for a user of this organization, not of another organization', () => {
    given(person, ...enrolled(phone))
      .when(renameTotp, { ...renaming, organizationId: anotherOrganization })
      .thenRejected({ code: 'user-not-found' });
  });
});
