import { describe, expect, test } from '@jest/globals';
import {
  code,
  codeAdded,
  deactivated,
  elsewhere,
  erased,
  here,
  human,
  humanAdded,
  locked,
  machine,
  machineAdded,
  organizationId,
  otherEmail,
  otherPhone,
  otherProfile,
  reactivated,
  removed,
  renamed,
  right,
  sameEmail,
  sealed,
  seed,
  toOtherEmail,
  unlocked,
  verifiedHumanAdded,
} from '#domain/testing/people.js';
import { accountOf, circumstances, given } from '#domain/testing/specification.js';
import {
  addHuman,
  addMachine,
  changeHumanProfile,
  changeMachine,
  changePhone,
  changeUsername,
  deactivate,
  erase,
  known,
  lock,
  reactivate,
  remove,
  removePhone,
  unlock,
  usable,
} from '#domain/user/decide.js';
import { changeEmail, requestEmailCode, verifyEmail } from '#domain/user/decide-email.js';

describe('adding a user', () => {
  test('a human is added with one event', () => {
    given().when(addHuman, human).then(humanAdded);
  });

  test('a human may be added with a code for the email address', () => {
    given()
      .when(addHuman, { ...human, code })
      .then(humanAdded, codeAdded);
  });

  test('an address that is verified already needs no code', () => {
    given()
      .when(addHuman, { ...human, emailVerified: true, code })
      .then(verifiedHumanAdded);
  });

  test('an imported seed is ready without proof, and says so in its event', () => {
    given()
      .when(addHuman, { ...human, totp: seed })
      .then(humanAdded, { type: 'user.human.mfa.otp.imported', ...seed });
  });

  test('a machine is added with one event', () => {
    given().when(addMachine, machine).then(machineAdded);
  });

  test('what else a command carries stays out of the log', () => {
    const more = { callId: 'call-1', password: 'in clear' };
    given()
      .when(addHuman, { ...human, ...more, code: { ...code, ...more }, totp: { ...seed, ...more } })
      .then(humanAdded, codeAdded, { type: 'user.human.mfa.otp.imported', ...seed });
    given()
      .when(addMachine, { ...machine, ...more })
      .then(machineAdded);
  });

  test.each([
    ['there is no such organization', 'unknown', 'organization-not-found'],
    ['the organization was removed', 'removed', 'organization-not-found'],
    ['the organization is not active', 'inactive', 'organization-not-active'],
  ] as const)('nobody is added when %s', (_, organization, code) => {
    given().when(addHuman, human, circumstances({ organization })).thenRejected({ code });
    given().when(addMachine, machine, circumstances({ organization })).thenRejected({ code });
  });

  test.each([
    ['lives', [humanAdded]],
    ['lives in another organization', [{ ...machineAdded, ...elsewhere }]],
    ['was removed', [humanAdded, removed]],
    ['was erased', [humanAdded, removed, erased]],
  ])('the id of a user who %s is not given again', (_, past) => {
    given(...past)
      .when(addHuman, human)
      .thenRejected({ code: 'user-already-exists' });
    given(...past)
      .when(addMachine, machine)
      .thenRejected({ code: 'user-already-exists' });
  });
});

describe('changing a user', () => {
  test('a username is changed', () => {
    given(humanAdded)
      .when(changeUsername, { organizationId, ...renamed })
      .then({ type: 'user.username.changed', ...renamed });
    given(machineAdded)
      .when(changeUsername, { organizationId, ...renamed })
      .then({ type: 'user.username.changed', ...renamed });
  });

  test('another spelling of a username is a change too', () => {
    const spelling = { username: sealed('Anna'), usernameKey: human.usernameKey };
    given(humanAdded)
      .when(changeUsername, { organizationId, ...spelling })
      .then({ type: 'user.username.changed', ...spelling });
  });

  test("a human's profile is changed", () => {
    given(humanAdded)
      .when(changeHumanProfile, { organizationId, profile: otherProfile })
      .then({ type: 'user.human.profile.changed', profile: otherProfile });
  });

  test('a machine is changed', () => {
    given(machineAdded)
      .when(changeMachine, { organizationId, profile: otherProfile })
      .then({ type: 'user.machine.changed', profile: otherProfile });
  });

  test('a phone number is changed and removed', () => {
    given(humanAdded)
      .when(changePhone, { organizationId, phone: otherPhone })
      .then({ type: 'user.human.phone.changed', phone: otherPhone });
    given(humanAdded).when(removePhone, here).then({ type: 'user.human.phone.removed' });
  });

  test('an unchanged value is accepted without an event', () => {
    const { username, usernameKey, profile } = human;
    const phone = sealed('+41 1');
    given(humanAdded).when(changeUsername, { organizationId, username, usernameKey }).then();
    given(humanAdded).when(changeHumanProfile, { organizationId, profile }).then();
    given(machineAdded).when(changeMachine, { organizationId, profile: machine.profile }).then();
    given(humanAdded).when(changePhone, { organizationId, phone }).then();
    given({ ...humanAdded, phone: null })
      .when(removePhone, here)
      .then();
    given(humanAdded)
      .when(changeEmail, { ...toOtherEmail, ...sameEmail })
      .then();
  });

  test('what was changed is what the next change is held against', () => {
    const past = [
      humanAdded,
      { type: 'user.username.changed', ...renamed },
      { type: 'user.human.profile.changed', profile: otherProfile },
      { type: 'user.human.phone.changed', phone: otherPhone },
      { type: 'user.human.email.changed', ...otherEmail, verified: false },
    ] as const;
    given(...past)
      .when(changeUsername, { organizationId, ...renamed })
      .then();
    given(...past)
      .when(changeHumanProfile, { organizationId, profile: otherProfile })
      .then();
    given(...past)
      .when(changePhone, { organizationId, phone: otherPhone })
      .then();
    given(...past)
      .when(changeEmail, toOtherEmail)
      .then();
    given(...past, { type: 'user.human.phone.removed' })
      .when(removePhone, here)
      .then();
    given(machineAdded, { type: 'user.machine.changed', profile: otherProfile })
      .when(changeMachine, { organizationId, profile: otherProfile })
      .then();
  });

  test.each([
    ['locked', [locked]],
    ['inactive', [deactivated]],
  ] as const)('an administrator may change a user who is %s', (_, past) => {
    given(humanAdded, ...past)
      .when(changeHumanProfile, { organizationId, profile: otherProfile })
      .then({ type: 'user.human.profile.changed', profile: otherProfile });
    given(humanAdded, ...past)
      .when(changeEmail, toOtherEmail)
      .then({ type: 'user.human.email.changed', ...otherEmail, verified: false });
  });

  test('what only humans have is refused to a machine', () => {
    const refusal = { code: 'user-not-human' } as const;
    given(machineAdded)
      .when(changeHumanProfile, { organizationId, profile: otherProfile })
      .thenRejected(refusal);
    given(machineAdded).when(changeEmail, toOtherEmail).thenRejected(refusal);
    given(machineAdded)
      .when(requestEmailCode, { organizationId, ...code })
      .thenRejected(refusal);
    given(machineAdded).when(verifyEmail, { organizationId, guess: 'right' }).thenRejected(refusal);
    given(machineAdded).when(changePhone, { organizationId, phone: otherPhone }).thenRejected(refusal);
    given(machineAdded).when(removePhone, here).thenRejected(refusal);
  });

  test('what only machines have is refused to a human', () => {
    given(humanAdded)
      .when(changeMachine, { organizationId, profile: otherProfile })
      .thenRejected({ code: 'user-not-machine' });
  });
});

describe('the life of a user', () => {
  test('an active user may be locked, deactivated and removed', () => {
    given(humanAdded).when(lock, here).then(locked);
    given(humanAdded).when(deactivate, here).then(deactivated);
    given(humanAdded).when(remove, here).then(removed);
  });

  test('a locked user may be unlocked, deactivated and removed', () => {
    given(humanAdded, locked).when(unlock, here).then(unlocked);
    given(humanAdded, locked).when(deactivate, here).then(deactivated);
    given(humanAdded, locked).when(remove, here).then(removed);
  });

  test('an inactive user may be reactivated and removed', () => {
    given(humanAdded, deactivated).when(reactivate, here).then(reactivated);
    given(humanAdded, deactivated).when(remove, here).then(removed);
  });

  test('who was unlocked or reactivated is active again', () => {
    given(humanAdded, locked, unlocked).when(lock, here).then(locked);
    given(humanAdded, locked, deactivated, reactivated).when(lock, here).then(locked);
  });

  test('only an active user can be locked', () => {
    given(humanAdded, locked).when(lock, here).thenRejected({ code: 'user-already-locked' });
    given(humanAdded, deactivated).when(lock, here).thenRejected({ code: 'user-inactive' });
  });

  test.each([
    ['active', []],
    ['inactive', [deactivated]],
  ] as const)('a user who is %s cannot be unlocked', (_, past) => {
    given(humanAdded, ...past)
      .when(unlock, here)
      .thenRejected({ code: 'user-not-locked' });
  });

  test('an inactive user cannot be deactivated', () => {
    given(humanAdded, deactivated).when(deactivate, here).thenRejected({ code: 'user-already-inactive' });
  });

  test.each([
    ['active', []],
    ['locked', [locked]],
  ] as const)('a user who is %s cannot be reactivated', (_, past) => {
    given(humanAdded, ...past)
      .when(reactivate, here)
      .thenRejected({ code: 'user-not-inactive' });
  });

  test('the last who owns the instance stays as it is', () => {
    const last = circumstances({ ownership: 'ends' });
    const refusal = { code: 'last-owner' } as const;
    given(humanAdded).when(lock, here, last).thenRejected(refusal);
    given(humanAdded).when(deactivate, here, last).thenRejected(refusal);
    given(humanAdded, locked).when(deactivate, here, last).thenRejected(refusal);
    given(humanAdded).when(remove, here, last).thenRejected(refusal);
    given(humanAdded).when(erase, here, last).thenRejected(refusal);
  });

  test('what is refused of anybody is refused of the last owner in the same words', () => {
    const last = circumstances({ ownership: 'ends' });
    given(humanAdded, locked).when(lock, here, last).thenRejected({ code: 'user-already-locked' });
    given(humanAdded, deactivated).when(lock, here, last).thenRejected({ code: 'user-inactive' });
    given(humanAdded, deactivated)
      .when(deactivate, here, last)
      .thenRejected({ code: 'user-already-inactive' });
    given().when(remove, here, last).thenRejected({ code: 'user-not-found' });
    given().when(erase, here, last).thenRejected({ code: 'user-not-found' });
  });

  test('whoever is gone may be erased, whatever that leaves', () => {
    const last = circumstances({ ownership: 'ends' });
    given(humanAdded, removed).when(erase, here, last).then(erased);
    given(humanAdded, removed, erased).when(erase, here, last).then();
  });

  test('a user who is erased is removed first', () => {
    given(humanAdded).when(erase, here).then(removed, erased);
    given(humanAdded, locked).when(erase, here).then(removed, erased);
    given(machineAdded, deactivated).when(erase, here).then(removed, erased);
    given(humanAdded, removed).when(erase, here).then(erased);
  });

  test('an erasing may be asked for again, so that one that was cut short can be finished', () => {
    given(humanAdded, removed, erased).when(erase, here).then();
  });
});

describe('who is found', () => {
  const gone = [
    ['was never added', []],
    ['was removed', [humanAdded, removed]],
    ['was erased', [humanAdded, removed, erased]],
    ['belongs to another organization', [{ ...humanAdded, ...elsewhere }]],
    ['is locked in another organization', [{ ...humanAdded, ...elsewhere }, locked]],
  ] as const;
  const refusal = { code: 'user-not-found' } as const;

  test.each(gone)('a user who %s is not found, whatever is asked', (_, past) => {
    const user = given(...past);
    user.when(changeUsername, { organizationId, ...renamed }).thenRejected(refusal);
    user.when(changeHumanProfile, { organizationId, profile: otherProfile }).thenRejected(refusal);
    user.when(changeMachine, { organizationId, profile: otherProfile }).thenRejected(refusal);
    user.when(changeEmail, { ...toOtherEmail, code }).thenRejected(refusal);
    user.when(requestEmailCode, { organizationId, ...code }).thenRejected(refusal);
    user.when(verifyEmail, right).thenRejected(refusal);
    user.when(changePhone, { organizationId, phone: otherPhone }).thenRejected(refusal);
    user.when(removePhone, here).thenRejected(refusal);
    user.when(deactivate, here).thenRejected(refusal);
    user.when(reactivate, here).thenRejected(refusal);
    user.when(lock, here).thenRejected(refusal);
    user.when(unlock, here).thenRejected(refusal);
    user.when(remove, here).thenRejected(refusal);
  });

  test.each([
    ['was never added', []],
    ['belongs to another organization', [{ ...humanAdded, ...elsewhere }]],
    ['was removed from another organization', [{ ...humanAdded, ...elsewhere }, removed]],
    ['was erased in another organization', [{ ...humanAdded, ...elsewhere }, removed, erased]],
  ] as const)('a user who %s cannot be erased', (_, past) => {
    given(...past)
      .when(erase, here)
      .thenRejected(refusal);
  });

  test.each(gone)('a user who %s is neither known nor usable', (_, past) => {
    expect(known(accountOf(...past), organizationId)).toStrictEqual({ kind: 'rejected', refusal });
    expect(usable(accountOf(...past), organizationId, circumstances())).toStrictEqual({
      kind: 'rejected',
      refusal,
    });
  });

  test.each([
    ['active', [], 'active', null],
    ['locked', [locked], 'active', 'user-locked'],
    ['inactive', [deactivated], 'active', 'user-inactive'],
    ['of an inactive organization', [], 'inactive', 'organization-not-active'],
    ['of a removed organization', [], 'removed', 'organization-not-found'],
    ['of an unknown organization', [], 'unknown', 'organization-not-found'],
  ] as const)('a user who is %s is known, and verifies accordingly', (_, past, organization, code) => {
    const account = accountOf(humanAdded, ...past);
    expect(known(account, organizationId)).toBeNull();
    const refused = usable(account, organizationId, circumstances({ organization }));
    expect(refused?.refusal.code ?? null).toBe(code);
  });
});
