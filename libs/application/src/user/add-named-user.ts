// How anybody who has a login name comes into being: names claimed, key made, user added, names confirmed.

import type { Application } from '#application/application.js';
import { acceptAgain, type DoneBefore } from '#application/execute.js';
import { undoing } from '#application/idempotency.js';
import { claimNames, confirmNames, type Reservation, releaseNames } from '#application/login-name/reserve.js';
import { Sealer } from '#application/sealer.js';
import type { Surroundings } from '#application/surroundings.js';
import { eraseUser } from '#application/user/erase.js';
import type { Decide, UserCommand, UserOutcome } from '#application/users.js';
import type { AccountEvent } from '#domain/account/events.js';
import type { ClaimRefusal } from '#domain/login-name/decide.js';
import { type AddRefusal, notAddable } from '#domain/user/decide.js';
import type { MetadataFull } from '#domain/user-metadata/decide.js';

type AdditionRefusal = AddRefusal | MetadataFull;

/** `More` is what may be refused of somebody of this kind alone. */
export interface Addition<More> extends UserCommand {
  /** What the user can be found by. */
  readonly names: readonly string[];
  /** Whatever is dear, or refused by what is known already: before anything is claimed for it. */
  readonly prepare?: (surroundings: Surroundings) => Promise<More | null>;
  readonly decide: Decide<AdditionRefusal | More, null>;
}

type Added<More> = UserOutcome<null, AdditionRefusal | ClaimRefusal | More>;

export async function addNamedUser<More = never>(
  application: Application,
  { names, prepare, decide, ...command }: Addition<More>,
): Promise<Added<More>> {
  const { secrets } = application.parts;
  const refusal = await refusalAhead(application, command, prepare);
  if (refusal !== null)
    return (await addedBefore<More>(application, command)) ?? { kind: 'rejected', refusal };
  const keys = new Set(names.map((name) => secrets.names.loginKey(name)));
  const reservation = { ...command, keys: [...keys] };
  const taken = await claimNames(application, reservation);
  if (taken !== null) return { kind: 'rejected', refusal: taken };
  const added = await add(application, command, decide);
  // Who was added meanwhile, by this very call, may have another name by now, and must not be taken back for it.
  if (added.kind === 'rejected' || added.repeated) {
    await releaseNames(application, reservation);
    return added;
  }
  return (await confirmNames(application, reservation)) ? added : undo(application, reservation);
}

/** Whoever was added by this very call is in its way when it is sent again. Null where it added nobody. */
export const addedBefore = <More = never>(
  application: Application,
  command: UserCommand,
): Promise<Added<More> | null> =>
  application.accounts.commands.repeated<AdditionRefusal | ClaimRefusal | More, null>(
    additionOf(application, command),
  );

const additionOf = (application: Application, { organizationId, userId, by }: UserCommand) => ({
  stream: application.userStream(userId),
  by,
  resourceOwner: organizationId,
  recall: ({ undone }: DoneBefore<AccountEvent>) => (undone ? refusedTaken : acceptAgain()),
});

const refusedTaken = { kind: 'rejected', refusal: { code: 'login-name-taken' } } as const;

/** What is refused anyway leaves no claim and no key behind. */
async function refusalAhead<More>(
  application: Application,
  { organizationId, userId }: UserCommand,
  prepare: Addition<More>['prepare'] = async () => null,
): Promise<AdditionRefusal | More | null> {
  const surroundings = await application.surroundings.of(organizationId);
  const { state } = await application.accounts.streams.get(application.userStream(userId));
  return notAddable(state, surroundings) ?? prepare(surroundings);
}

async function add<More>(
  application: Application,
  command: UserCommand,
  decide: Decide<AdditionRefusal | More, null>,
) {
  const { secrets } = application.parts;
  const addition = additionOf(application, command);
  const surroundings = await application.surroundings.of(command.organizationId);
  // Durable before the first event that is sealed with it.
  const key = await secrets.keys.create(addition.stream);
  const sealer = new Sealer(secrets, key, command.organizationId);
  return application.accounts.commands.execute<AdditionRefusal | ClaimRefusal | More, null>({
    ...addition,
    decide: (account, now) => decide(account, { ...surroundings, now, sealer }),
  });
}

/** Adding took so long that somebody else was given the name: nobody was told of this user, and nobody will be. */
async function undo(application: Application, reservation: Reservation): Promise<typeof refusedTaken> {
  await eraseUser(application, { ...reservation, by: undoing(reservation.by) });
  return refusedTaken;
}
