import { describe, expect, test } from '@jest/globals';
import type { AccountEvent } from '#domain/account/events.js';
import { evolveAccount, noAccount } from '#domain/account/state.js';
import {
  codeAdded,
  deactivated,
  emailVerified,
  erased,
  human,
  humanAdded,
  key,
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
  seed,
  unlocked,
  verifiedHumanAdded,
  wrongGuess,
} from '#domain/testing/people.js';
import { accountOf, at, before, now } from '#domain/testing/specification.js';
import { holdsLoginKey } from '#domain/user/decide.js';
import type { UserEvent } from '#domain/user/events.js';
import { evolveUser, noUser } from '#domain/user/state.js';

describe('who holds a login name', () => {
  const { usernameKey, emailKey } = human;

  test.each([
    ['a username', [humanAdded], usernameKey, true],
    ["a machine's username", [machineAdded], machine.usernameKey, true],
    [
      'a username that was given up',
      [humanAdded, { type: 'user.username.changed', ...renamed }],
      usernameKey,
      false,
    ],
    ['a verified address', [verifiedHumanAdded], emailKey, true],
    ['an address verified later', [humanAdded, codeAdded, emailVerified], emailKey, true],
    ['an address that is not verified', [humanAdded, codeAdded], emailKey, false],
    ['the name of somebody else', [verifiedHumanAdded], key('bert'), false],
    ['an address, by a machine', [machineAdded], emailKey, false],
    ['a username, while locked', [humanAdded, locked], usernameKey, true],
    ['a username, after removal', [humanAdded, removed], usernameKey, false],
    ['a username, after erasure', [humanAdded, removed, erased], usernameKey, false],
    ['a username, before anything happened', [], usernameKey, false],
  ] as const)('%s', (_, past, loginKey, holds) => {
    expect(holdsLoginKey(accountOf(...past), loginKey)).toBe(holds);
  });

  test('an address that was changed is held only once it is verified', () => {
    const changed = (verified: boolean) =>
      ({ type: 'user.human.email.changed', ...otherEmail, verified }) as const;
    expect(holdsLoginKey(accountOf(verifiedHumanAdded, changed(false)), otherEmail.emailKey)).toBe(false);
    expect(holdsLoginKey(accountOf(humanAdded, changed(true)), otherEmail.emailKey)).toBe(true);
    expect(holdsLoginKey(accountOf(verifiedHumanAdded, changed(true)), emailKey)).toBe(false);
  });
});

describe('folding', () => {
  const everything: readonly UserEvent[] = [
    { type: 'user.username.changed', ...renamed },
    { type: 'user.human.profile.changed', profile: otherProfile },
    { type: 'user.machine.changed', profile: otherProfile },
    { type: 'user.human.email.changed', ...otherEmail, verified: true },
    codeAdded,
    emailVerified,
    wrongGuess,
    { type: 'user.human.phone.changed', phone: otherPhone },
    { type: 'user.human.phone.removed' },
    deactivated,
    reactivated,
    locked,
    unlocked,
    removed,
    erased,
  ];

  test.each(everything)('$type changes nothing of a user who was never added', (event) => {
    expect(evolveUser(noUser, event, before)).toBe(noUser);
  });

  test.each(everything.filter(({ type }) => type !== 'user.erased'))(
    '$type changes nothing of a user who is gone',
    (event) => {
      const { user } = accountOf(humanAdded, removed);
      expect(evolveUser(user, event, before)).toBe(user);
    },
  );

  test.each(everything.filter(({ type }) => type.startsWith('user.human.')))(
    '$type changes nothing of a machine',
    (event) => {
      const { user } = accountOf(machineAdded);
      expect(evolveUser(user, event, before)).toBe(user);
    },
  );

  test('a change of a machine changes nothing of a human', () => {
    const { user } = accountOf(humanAdded);
    expect(evolveUser(user, { type: 'user.machine.changed', profile: otherProfile }, before)).toBe(user);
  });

  test('a wrong guess at no code is not counted', () => {
    const { user } = accountOf(humanAdded);
    expect(evolveUser(user, wrongGuess, before)).toStrictEqual(user);
  });

  test.each([
    ['human', humanAdded],
    ['machine', machineAdded],
  ])('of a %s it is known since when, and under which sealed id', (kind, added) => {
    const { user } = accountOf(at(now, added), at(now + 1, locked));
    expect(user).toMatchObject({ kind, status: 'locked', userId: added.userId, createdAt: now });
    expect(accountOf({ ...added, userId: null }).user).toMatchObject({ userId: null, createdAt: before });
  });

  test('nothing of what was sealed is kept of a user who is gone', () => {
    expect(accountOf(humanAdded, removed).user).toStrictEqual({ status: 'removed', organizationId });
    expect(accountOf(humanAdded, erased).user).toStrictEqual({ status: 'erased', organizationId });
  });

  test('what happens to a factor leaves the user the same object', () => {
    const account = accountOf(humanAdded);
    const imported: AccountEvent = { type: 'user.human.mfa.otp.imported', ...seed };
    expect(evolveAccount(account, imported, before).user).toBe(account.user);
    expect(evolveAccount(noAccount, imported, before).user).toBe(noUser);
  });
});
