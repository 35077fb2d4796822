import { describe, expect, test } from '@jest/globals';
import type { AccountEvent } from '#domain/account/events.js';
import {
  code,
  codeAdded,
  elsewhere,
  emailVerified,
  here,
  human,
  humanAdded,
  key,
  machineAdded,
  otherEmail,
  removed,
  renamed,
  sealed,
  verifiedHumanAdded,
} from '#domain/testing/people.js';
import { accountOf, given } from '#domain/testing/specification.js';
import { loginKeysOf, returnName } from '#domain/user/decide-names.js';
import { isAlive, type LivingUser } from '#domain/user/state.js';

const usernameChanged = { type: 'user.username.changed', ...renamed } as const;
const emailChanged = { type: 'user.human.email.changed', ...otherEmail, verified: true } as const;
const usernameBefore = { username: human.username, usernameKey: human.usernameKey };
const emailBefore = { email: human.email, emailKey: human.emailKey };

function livingOf(...past: readonly AccountEvent[]): LivingUser {
  const { user } = accountOf(...past);
  if (!isAlive(user)) throw new TypeError('the spec means somebody who is there');
  return user;
}

describe('what a user can be found by', () => {
  const keysOf = (...past: readonly AccountEvent[]) => loginKeysOf(accountOf(...past).user);

  test('is the username', () => expect(keysOf(machineAdded)).toEqual([key('printer')]));
  test('is not an address that nobody proved', () => {
    expect(keysOf(humanAdded)).toEqual([human.usernameKey]);
    expect(keysOf(humanAdded, codeAdded)).toEqual([human.usernameKey]);
  });
  test('is an address once it is verified', () =>
    expect(keysOf(humanAdded, emailVerified)).toEqual([human.usernameKey, human.emailKey]));
  test('is told once where the username is the address', () =>
    expect(keysOf({ ...verifiedHumanAdded, usernameKey: human.emailKey })).toEqual([human.emailKey]));
  test('is nothing of somebody who is gone, or never was', () => {
    expect(keysOf(verifiedHumanAdded, removed)).toEqual([]);
    expect(keysOf()).toEqual([]);
  });
});

describe('a name that went to somebody else before it was confirmed', () => {
  const lostUsername = { ...here, key: renamed.usernameKey, before: livingOf(verifiedHumanAdded) };
  const lostEmail = { ...here, key: otherEmail.emailKey, before: livingOf(verifiedHumanAdded) };

  test('gives the username back that there was', () => {
    given(verifiedHumanAdded, usernameChanged)
      .when(returnName, lostUsername)
      .then({ type: 'user.username.changed', ...usernameBefore });
  });

  test('gives a machine its username back', () => {
    given(machineAdded, usernameChanged)
      .when(returnName, { ...lostUsername, before: livingOf(machineAdded) })
      .then({ type: 'user.username.changed', username: sealed('printer'), usernameKey: key('printer') });
  });

  test('gives the verified address back that there was', () => {
    given(verifiedHumanAdded, emailChanged)
      .when(returnName, lostEmail)
      .then({ type: 'user.human.email.changed', ...emailBefore, verified: true });
  });

  test('leaves an address unverified that was verified too late', () => {
    given(humanAdded, codeAdded, emailVerified)
      .when(returnName, { ...here, key: human.emailKey, before: livingOf(humanAdded, codeAdded) })
      .then({ type: 'user.human.email.changed', ...emailBefore, verified: false });
  });

  test('changes nothing for who has yet another name by now', () => {
    const third = { username: sealed('ann'), usernameKey: key('ann') };
    given(verifiedHumanAdded, usernameChanged, { type: 'user.username.changed', ...third })
      .when(returnName, lostUsername)
      .then();
    given(verifiedHumanAdded, emailChanged, { ...emailChanged, ...emailBefore })
      .when(returnName, lostEmail)
      .then();
  });

  test('changes nothing where the user had the name before', () => {
    const again = { ...here, before: livingOf(verifiedHumanAdded) };
    given(verifiedHumanAdded)
      .when(returnName, { ...again, key: human.usernameKey })
      .then();
    given(verifiedHumanAdded)
      .when(returnName, { ...again, key: human.emailKey })
      .then();
  });

  test('changes nothing where the address is not verified any more', () => {
    given(verifiedHumanAdded, emailChanged, { ...emailChanged, verified: false }, { ...codeAdded, ...code })
      .when(returnName, lostEmail)
      .then();
  });

  test('is nothing to somebody who is gone, or who is of another organization', () => {
    given(verifiedHumanAdded, usernameChanged, removed)
      .when(returnName, lostUsername)
      .thenRejected({ code: 'user-not-found' });
    given(verifiedHumanAdded, usernameChanged)
      .when(returnName, { ...lostUsername, ...elsewhere })
      .thenRejected({ code: 'user-not-found' });
  });
});
