// Several changes of one user at once: all of them, or none. What is null stays as it is.

import type { Account } from '#domain/account/state.js';
import { accept, type Decision, reject } from '#domain/decider.js';
import type { Sealed } from '#domain/ids.js';
import {
  type AddMachine,
  changeHumanProfile,
  changeMachine,
  changePhone,
  changeUsername,
  type HumanRefusal,
  livingHuman,
  livingMachine,
  type MachineRefusal,
  type OfUser,
  removePhone,
} from '#domain/user/decide.js';
import { type ChangeEmail, changeEmail } from '#domain/user/decide-email.js';
import type { UserEvent } from '#domain/user/events.js';

export interface ChangeUser extends OfUser {
  readonly username: Pick<AddMachine, 'username' | 'usernameKey'> | null;
  readonly profile: Sealed | null;
}

export interface ChangeHumanUser extends ChangeUser {
  readonly email: Omit<ChangeEmail, 'organizationId'> | null;
  /** Without a number, and the person has none any more. */
  readonly phone: { readonly number: Sealed | null } | null;
}

export function changeHumanUser(
  account: Account,
  { organizationId, username, profile, email, phone }: ChangeHumanUser,
): Decision<UserEvent, HumanRefusal> {
  const human = livingHuman(account, organizationId);
  return together<HumanRefusal>(
    human.kind === 'rejected' ? reject(human.refusal) : accept(),
    username === null ? accept() : changeUsername(account, { organizationId, ...username }),
    profile === null ? accept() : changeHumanProfile(account, { organizationId, profile }),
    email === null ? accept() : changeEmail(account, { organizationId, ...email }),
    phone === null ? accept() : withPhone(account, { organizationId, ...phone }),
  );
}

export function changeMachineUser(
  account: Account,
  { organizationId, username, profile }: ChangeUser,
): Decision<UserEvent, MachineRefusal> {
  const machine = livingMachine(account, organizationId);
  return together<MachineRefusal>(
    machine.kind === 'rejected' ? reject(machine.refusal) : accept(),
    username === null ? accept() : changeUsername(account, { organizationId, ...username }),
    profile === null ? accept() : changeMachine(account, { organizationId, profile }),
  );
}

const withPhone = (
  account: Account,
  { organizationId, number }: OfUser & { readonly number: Sealed | null },
) =>
  number === null
    ? removePhone(account, { organizationId })
    : changePhone(account, { organizationId, phone: number });

function together<Refusal>(
  ...decisions: readonly Decision<UserEvent, Refusal>[]
): Decision<UserEvent, Refusal> {
  const refused = decisions.find(({ outcome }) => outcome.kind === 'rejected');
  return refused ?? accept(...decisions.flatMap(({ events }) => events));
}
