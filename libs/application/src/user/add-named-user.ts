// How anybody who has a login name comes into being: names claimed, key made, user added, names confirmed.

import type { Application } from '#application/application.js';
import { claimNames, confirmNames, type Reservation, releaseNames } from '#application/login-name/reserve.js';
import { Sealer } from '#application/sealer.js';
import { eraseUser } from '#application/user/erase.js';
import type { Decide, UserCommand, UserOutcome } from '#application/users.js';
import type { ClaimRefusal } from '#domain/login-name/decide.js';
import { type AddRefusal, notAddable } from '#domain/user/decide.js';

export interface Addition extends UserCommand {
  /** What the user can be found by. */
  readonly names: readonly string[];
  readonly decide: Decide<AddRefusal, null>;
}

type Added = UserOutcome<null, AddRefusal | ClaimRefusal>;

export async function addNamedUser(
  application: Application,
  { names, decide, ...command }: Addition,
): Promise<Added> {
  const { secrets } = application.parts;
  const refusal = await refusalAhead(application, command);
  if (refusal !== null) return { kind: 'rejected', refusal };
  const keys = new Set(names.map((name) => secrets.names.loginKey(name)));
  const reservation = { ...command, keys: [...keys] };
  const taken = await claimNames(application, reservation);
  if (taken !== null) return { kind: 'rejected', refusal: taken };
  const added = await add(application, command, decide);
  if (added.kind === 'rejected') {
    await releaseNames(application, reservation);
    return added;
  }
  return (await confirmNames(application, reservation)) ? added : undo(application, reservation);
}

/** What is refused anyway leaves no claim and no key behind. */
async function refusalAhead(
  application: Application,
  { organizationId, userId }: UserCommand,
): Promise<AddRefusal | null> {
  const surroundings = await application.surroundings.of(organizationId);
  const { state } = await application.accounts.streams.get(application.userStream(userId));
  return notAddable(state, surroundings);
}

async function add(
  application: Application,
  { organizationId, userId, by }: UserCommand,
  decide: Decide<AddRefusal, null>,
) {
  const { secrets } = application.parts;
  const stream = application.userStream(userId);
  const surroundings = await application.surroundings.of(organizationId);
  // Durable before the first event that is sealed with it.
  const key = await secrets.keys.create(stream);
  const sealer = new Sealer(secrets, key, organizationId);
  return application.accounts.commands.execute<AddRefusal, null>({
    stream,
    by,
    resourceOwner: organizationId,
    decide: (account, now) => decide(account, { ...surroundings, now, sealer }),
  });
}

/** Adding took so long that somebody else was given the name: nobody was told of this user, and nobody will be. */
async function undo(application: Application, reservation: Reservation): Promise<Added> {
  await eraseUser(application, reservation);
  return { kind: 'rejected', refusal: { code: 'login-name-taken' } };
}
