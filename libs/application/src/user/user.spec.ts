import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Command } from '@nestjs/cqrs';

import { RemoveUserMetadata } from '#application/metadata/remove-user-metadata.js';
import { SetUserMetadata } from '#application/metadata/set-user-metadata.js';
import { DeactivateOrganization } from '#application/organization/deactivate-organization.js';
import { RemoveOrganization } from '#application/organization/remove-organization.js';
import { accepted, answerOf, attempt, refused, violationsIn } from '#application/testing/attempt.js';
import { by, type House, organizationId } from '#application/testing/house.js';
import {
  ada,
  bob,
  human,
  machine,
  nobody,
  openInhabited,
  otherId,
  printer,
} from '#application/testing/people.js';
import { AddMachineUser } from '#application/user/add-machine-user.js';
import { ChangeEmail } from '#application/user/change-email.js';
import { ChangeHumanProfile } from '#application/user/change-human-profile.js';
import { ChangeHumanUser } from '#application/user/change-human-user.js';
import { ChangeMachineUser } from '#application/user/change-machine-user.js';
import { ChangePhone } from '#application/user/change-phone.js';
import { ChangeUsername } from '#application/user/change-username.js';
import { DeactivateUser } from '#application/user/deactivate-user.js';
import { EraseUser } from '#application/user/erase-user.js';
import { LockUser } from '#application/user/lock-user.js';
import { HumanProfileFields } from '#application/user/profile.js';
import { ReactivateUser } from '#application/user/reactivate-user.js';
import { RemovePhone } from '#application/user/remove-phone.js';
import { RemoveUser } from '#application/user/remove-user.js';
import { RequestEmailCode } from '#application/user/request-email-code.js';
import { UnlockUser } from '#application/user/unlock-user.js';
import { VerifyEmail } from '#application/user/verify-email.js';
import type { OrganizationId, UserId } from '#domain/ids.js';

const her = { organizationId, userId: ada, by };
const aPrinter = { organizationId, userId: printer, by };
const profile = new HumanProfileFields({ givenName: 'Ada', familyName: 'L' });

let house: House;
beforeEach(async () => {
  house = await openInhabited();
  await answerOf(house, human(ada, 'ada'));
  await answerOf(house, machine(printer, 'printer'));
  house.clock.now += 1_000;
});
afterEach(() => house.close());

const keyOf = (userId: UserId) => house.parts.secrets.keys.get(house.application.userStream(userId));
const stateOf = async (userId: UserId) =>
  (await house.application.accounts.streams.get(house.application.userStream(userId))).state.user;

/** Each command on a user that is there, as it would be sent by whoever believes in this user. */
const allOn = (user: { organizationId: OrganizationId; userId: UserId }): Command<unknown>[] => [
  new ChangeUsername({ ...user, username: 'other', by }),
  new ChangeHumanProfile({ ...user, profile, by }),
  new ChangeHumanUser({ ...user, username: 'other', phone: '', by }),
  new ChangeMachineUser({ ...user, name: 'other', by }),
  new ChangeEmail({ ...user, email: 'other@example.com', emailVerification: 'verified', by }),
  new RequestEmailCode({ ...user, by }),
  new VerifyEmail({ ...user, code: 'K7PX2M', by }),
  new ChangePhone({ ...user, phone: '+41 1', by }),
  new RemovePhone({ ...user, by }),
  new DeactivateUser({ ...user, by }),
  new ReactivateUser({ ...user, by }),
  new LockUser({ ...user, by }),
  new UnlockUser({ ...user, by }),
  new SetUserMetadata({ ...user, metadata: [{ key: 'colour', value: Buffer.from('blue') }], by }),
  new RemoveUserMetadata({ ...user, keys: ['colour'], by }),
  new RemoveUser({ ...user, by }),
];
const erasing = (user: { organizationId: OrganizationId; userId: UserId }) => new EraseUser({ ...user, by });
const notFound = refused('user-not-found');

describe('a user', () => {
  it.each([...allOn({ organizationId, userId: nobody }), erasing({ organizationId, userId: nobody })])(
    'that nobody added is not found: $constructor.name',
    async (command) => expect(await attempt(house, command)).toEqual(notFound),
  );

  it.each([
    ...allOn({ organizationId: otherId, userId: ada }),
    erasing({ organizationId: otherId, userId: ada }),
  ])('of another organization is not found: $constructor.name', async (command) => {
    expect(await attempt(house, command)).toEqual(notFound);
  });

  it.each(allOn(her))('that was removed is not found: $constructor.name', async (command) => {
    await answerOf(house, new RemoveUser(her));
    expect(await attempt(house, command)).toEqual(notFound);
  });

  it.each(allOn(her))(
    'of an organization that was removed is gone with it: $constructor.name',
    async (command) => {
      await answerOf(house, new RemoveOrganization({ organizationId, by }));
      expect(await attempt(house, command)).toEqual(notFound);
    },
  );

  it('of an organization that was removed can still be erased', async () => {
    await answerOf(house, new RemoveOrganization({ organizationId, by }));
    expect(await attempt(house, new EraseUser(her))).toMatchObject({ outcome: { kind: 'accepted' } });
    expect(await keyOf(ada)).toBeNull();
  });

  it.each(allOn(her))('that was erased is not found: $constructor.name', async (command) => {
    await answerOf(house, new EraseUser(her));
    expect(await attempt(house, command)).toEqual(notFound);
  });

  it('is locked and unlocked, each only where there is something to do', async () => {
    expect(await attempt(house, new UnlockUser(her))).toEqual(refused('user-not-locked'));
    expect(await attempt(house, new LockUser(her))).toEqual(accepted(house, { sequence: 2 }, 'user.locked'));
    expect(await attempt(house, new LockUser(her))).toEqual(refused('user-already-locked'));
    expect(await attempt(house, new ReactivateUser(her))).toEqual(refused('user-not-inactive'));
    expect(await attempt(house, new UnlockUser(her))).toEqual(
      accepted(house, { sequence: 3 }, 'user.unlocked'),
    );
  });

  it('is deactivated and reactivated, each only where there is something to do', async () => {
    expect(await attempt(house, new ReactivateUser(her))).toEqual(refused('user-not-inactive'));
    expect(await attempt(house, new DeactivateUser(her))).toEqual(
      accepted(house, { sequence: 2 }, 'user.deactivated'),
    );
    expect(await attempt(house, new DeactivateUser(her))).toEqual(refused('user-already-inactive'));
    expect(await attempt(house, new LockUser(her))).toEqual(refused('user-inactive'));
    expect(await attempt(house, new ReactivateUser(her))).toEqual(
      accepted(house, { sequence: 3 }, 'user.reactivated'),
    );
  });

  it('is removed once, and keeps the key of what was sealed', async () => {
    expect(await attempt(house, new RemoveUser(her))).toEqual(
      accepted(house, { sequence: 2 }, 'user.removed', 'login.released'),
    );
    expect(await keyOf(ada)).not.toBeNull();
  });

  it('is erased with the key, however often it is asked for', async () => {
    const erase = new EraseUser(her);
    const gone = ['user.removed', 'user.erased', 'login.released'];
    const told = accepted(house, { sequence: 3 }, ...gone);
    expect(await attempt(house, erase)).toEqual(told);
    expect(await keyOf(ada)).toBeNull();
    house.clock.now += 1_000;
    expect(await attempt(house, erase)).toEqual({ ...told, appended: [] });
  });

  it('is erased after being removed', async () => {
    await answerOf(house, new RemoveUser(her));
    expect(await attempt(house, new EraseUser(her))).toEqual(accepted(house, { sequence: 3 }, 'user.erased'));
    expect(await keyOf(ada)).toBeNull();
  });

  it('is not touched by what is done to another', async () => {
    await answerOf(house, human(bob, 'bob'));
    const before = await stateOf(ada);
    await answerOf(house, new LockUser({ ...her, userId: bob }));
    await answerOf(house, new EraseUser({ ...her, userId: bob }));
    expect(await stateOf(ada)).toBe(before);
    expect(await keyOf(ada)).not.toBeNull();
  });
});

describe('adding a user', () => {
  it('adds a machine that is found by its id, where no name is said', async () => {
    const { userId } = await answerOf(house, new AddMachineUser({ organizationId, name: 'Scanner', by }));
    const again = new AddMachineUser({ organizationId, username: userId, name: 'Other', by });
    expect(await attempt(house, again)).toEqual(refused('login-name-taken'));
  });

  it('answers a machine’s id and what became of its stream', async () => {
    expect(await attempt(house, machine(bob, 'scanner'))).toEqual(
      accepted(
        house,
        { sequence: 1, answer: { userId: bob } },
        'login.claimed',
        'user.machine.added',
        'login.confirmed',
      ),
    );
  });

  it.each([
    ['human', () => human(ada, 'somebody')],
    ['machine', () => machine(ada, 'something')],
    ['human of another organization', () => human(ada, 'somebody', { organizationId: otherId })],
  ])('leaves nothing behind where the id was given before: %s', async (_, command) => {
    expect(await attempt(house, command())).toEqual(refused('user-already-exists'));
    await answerOf(house, new EraseUser(her));
    expect(await attempt(house, command())).toEqual(refused('user-already-exists'));
    expect(await keyOf(ada)).toBeNull();
  });

  it('leaves nothing behind where the organization is not open', async () => {
    await answerOf(house, new DeactivateOrganization({ organizationId, by }));
    expect(await attempt(house, human(bob, 'bob'))).toEqual(refused('organization-not-active'));
    expect(await attempt(house, machine(bob, 'bob'))).toEqual(refused('organization-not-active'));
    const unknown = 'unknown' as OrganizationId;
    expect(await attempt(house, human(bob, 'bob', { organizationId: unknown }))).toEqual(
      refused('organization-not-found'),
    );
    expect(await keyOf(bob)).toBeNull();
  });
});

describe('what is known of a user', () => {
  it('is a person’s profile, written where it changes', async () => {
    const change = (givenName: string) =>
      new ChangeHumanProfile({ ...her, profile: new HumanProfileFields({ givenName, familyName: 'L' }) });
    expect(await attempt(house, change('Ada'))).toMatchObject({ appended: [] });
    expect(await attempt(house, change('Augusta'))).toEqual(
      accepted(house, { sequence: 2 }, 'user.human.profile.changed'),
    );
    expect(await attempt(house, change('Augusta'))).toEqual(accepted(house, { sequence: 2 }));
  });

  it('is a machine’s name and what it is for, written where they change', async () => {
    const change = (name: string, description: string | null) =>
      new ChangeMachineUser({ ...aPrinter, name, description });
    expect(await attempt(house, change('printer', null))).toMatchObject({ appended: [] });
    expect(await attempt(house, change('printer', 'on the second floor'))).toEqual(
      accepted(house, { sequence: 2 }, 'user.machine.changed'),
    );
    expect(await attempt(house, change('printer', 'on the second floor'))).toEqual(
      accepted(house, { sequence: 2 }),
    );
    expect(await attempt(house, change('printer', ''))).toEqual(
      accepted(house, { sequence: 3 }, 'user.machine.changed'),
    );
  });

  it('is a phone number, written where it changes', async () => {
    const change = (phone: string) => new ChangePhone({ ...her, phone });
    expect(await attempt(house, new RemovePhone(her))).toMatchObject({ appended: [] });
    expect(await attempt(house, change('+41 1'))).toEqual(
      accepted(house, { sequence: 2 }, 'user.human.phone.changed'),
    );
    expect(await attempt(house, change('+41 1'))).toEqual(accepted(house, { sequence: 2 }));
    expect(await attempt(house, change('+41 2'))).toMatchObject({ appended: ['user.human.phone.changed'] });
    expect(await attempt(house, new RemovePhone(her))).toEqual(
      accepted(house, { sequence: 4 }, 'user.human.phone.removed'),
    );
  });

  it.each([
    new ChangeHumanProfile({ ...aPrinter, profile }),
    new ChangePhone({ ...aPrinter, phone: '+41 1' }),
    new RemovePhone(aPrinter),
    new ChangeEmail({ ...aPrinter, email: 'printer@example.com' }),
    new RequestEmailCode(aPrinter),
    new VerifyEmail({ ...aPrinter, code: 'K7PX2M' }),
  ])('is less of a machine than of a person: $constructor.name', async (command: Command<unknown>) => {
    expect(await attempt(house, command)).toEqual(refused('user-not-human'));
  });

  it('is less of a person than of a machine', async () => {
    const command = new ChangeMachineUser({ ...her, name: 'Ada' });
    expect(await attempt(house, command)).toEqual(refused('user-not-machine'));
  });
});

describe('what is sent with a command on a user', () => {
  const long = 'x'.repeat(1_000);
  it.each<[Command<unknown>, string[]]>([
    [new LockUser({ ...her, userId: '' as UserId }), ['userId: id']],
    [new EraseUser({ ...her, organizationId: long as OrganizationId }), ['organizationId: id']],
    [new ChangeUsername({ ...her, username: '' }), ['username: text']],
    [new ChangePhone({ ...her, phone: long }), ['phone: text']],
    [new ChangeEmail({ ...her, email: 'nowhere' }), ['email: email']],
    [
      new ChangeEmail({ ...her, email: 'a@b', emailVerification: 'maybe' as 'none' }),
      ['emailVerification: one-of'],
    ],
    [new VerifyEmail({ ...her, code: '' }), ['code: text']],
    [
      new ChangeMachineUser({ ...aPrinter, username: '', name: '', description: long }),
      ['username: text', 'name: text', 'description: text'],
    ],
    [
      new ChangeHumanProfile({ ...her, profile: new HumanProfileFields({ givenName: '', familyName: 'L' }) }),
      ['profile.givenName: text'],
    ],
    [new AddMachineUser({ organizationId, username: '', name: long, by }), ['username: text', 'name: text']],
  ])('names the field whose rule it breaks: $constructor.name', async (command, violations) => {
    expect(await violationsIn(house, command)).toEqual(violations);
  });
});
