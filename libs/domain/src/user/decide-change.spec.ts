import { describe, test } from '@jest/globals';
import {
  code,
  codeAdded,
  elsewhere,
  human,
  humanAdded,
  locked,
  machine,
  machineAdded,
  organizationId,
  otherEmail,
  otherPhone,
  otherProfile,
  removed,
  renamed,
  sameEmail,
  verifiedHumanAdded,
} from '#domain/testing/people.js';
import { given } from '#domain/testing/specification.js';
import {
  type ChangeHumanUser,
  type ChangeUser,
  changeHumanUser,
  changeMachineUser,
} from '#domain/user/decide-change.js';

const nothing: ChangeHumanUser = { organizationId, username: null, profile: null, email: null, phone: null };
const everything: ChangeHumanUser = {
  organizationId,
  username: renamed,
  profile: otherProfile,
  email: { ...otherEmail, verified: false, code },
  phone: { number: otherPhone },
};
const usernameChanged = { type: 'user.username.changed', ...renamed } as const;

describe('changing a person', () => {
  test('changes all that is given, at once', () => {
    given(humanAdded)
      .when(changeHumanUser, everything)
      .then(
        usernameChanged,
        { type: 'user.human.profile.changed', profile: otherProfile },
        { type: 'user.human.email.changed', ...otherEmail, verified: false },
        codeAdded,
        { type: 'user.human.phone.changed', phone: otherPhone },
      );
  });

  test.each([
    ['the username', { username: renamed }, usernameChanged],
    ['the profile', { profile: otherProfile }, { type: 'user.human.profile.changed', profile: otherProfile }],
    [
      'the email address',
      { email: { ...otherEmail, verified: true, code: null } },
      { type: 'user.human.email.changed', ...otherEmail, verified: true },
    ],
    [
      'the phone number',
      { phone: { number: otherPhone } },
      { type: 'user.human.phone.changed', phone: otherPhone },
    ],
    ['that there is a phone number', { phone: { number: null } }, { type: 'user.human.phone.removed' }],
  ] as const)('changes one thing and leaves the rest: %s', (_, change, event) => {
    given(humanAdded, locked)
      .when(changeHumanUser, { ...nothing, ...change })
      .then(event);
  });

  test('is accepted without an event where nothing is another', () => {
    const { username, usernameKey, profile, phone } = human;
    const email = { ...sameEmail, verified: true, code };
    given(humanAdded).when(changeHumanUser, nothing).then();
    given(verifiedHumanAdded)
      .when(changeHumanUser, {
        ...nothing,
        username: { username, usernameKey },
        profile,
        email,
        phone: { number: phone },
      })
      .then();
  });

  test.each([
    ['user-not-found', []],
    ['user-not-found', [{ ...humanAdded, ...elsewhere }]],
    ['user-not-found', [humanAdded, removed]],
    ['user-not-human', [machineAdded]],
  ] as const)('%s: nothing is changed (%#)', (refusal, past) => {
    given(...past)
      .when(changeHumanUser, everything)
      .thenRejected({ code: refusal });
    given(...past)
      .when(changeHumanUser, { ...nothing, username: renamed })
      .thenRejected({ code: refusal });
    given(...past)
      .when(changeHumanUser, nothing)
      .thenRejected({ code: refusal });
  });
});

describe('changing a machine', () => {
  const unchanged: ChangeUser = { organizationId, username: null, profile: null };
  const profileChanged = { type: 'user.machine.changed', profile: otherProfile } as const;

  test('changes what is given, at once, and leaves the rest', () => {
    const { username, usernameKey, profile } = machine;
    given(machineAdded)
      .when(changeMachineUser, { organizationId, username: renamed, profile: otherProfile })
      .then(usernameChanged, profileChanged);
    given(machineAdded)
      .when(changeMachineUser, { ...unchanged, username: renamed })
      .then(usernameChanged);
    given(machineAdded)
      .when(changeMachineUser, { ...unchanged, profile: otherProfile })
      .then(profileChanged);
    given(machineAdded).when(changeMachineUser, unchanged).then();
    given(machineAdded)
      .when(changeMachineUser, { organizationId, username: { username, usernameKey }, profile })
      .then();
  });

  test.each([
    ['user-not-found', []],
    ['user-not-found', [{ ...machineAdded, ...elsewhere }]],
    ['user-not-machine', [humanAdded]],
  ] as const)('%s: nothing is changed (%#)', (refusal, past) => {
    given(...past)
      .when(changeMachineUser, { organizationId, username: renamed, profile: otherProfile })
      .thenRejected({ code: refusal });
    given(...past)
      .when(changeMachineUser, unchanged)
      .thenRejected({ code: refusal });
  });
});
