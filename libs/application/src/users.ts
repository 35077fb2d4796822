// What every command on one user has in common: whose it is, where the settings come from, and the key
// that opens what is sealed.

import type { Application } from '#application/application.js';
import type { Caller, Outcome } from '#application/caller.js';
import type { Contended } from '#application/execute.js';
import { Sealer } from '#application/sealer.js';
import type { Surroundings } from '#application/surroundings.js';
import type { InvalidInput } from '#application/violations.js';
import type { Circumstances } from '#domain/account/circumstances.js';
import type { AccountEvent } from '#domain/account/events.js';
import type { Account } from '#domain/account/state.js';
import { type Decision, reject } from '#domain/decider.js';
import type { Instant, OrganizationId, UserId } from '#domain/ids.js';
import { type KnownRefusal, known } from '#domain/user/decide.js';
import type { DataKey } from '#secrets/data-keys.js';

export interface UserCommand {
  readonly organizationId: OrganizationId;
  readonly userId: UserId;
  readonly by: Caller;
}

export interface UserContext extends Circumstances, Surroundings {
  readonly sealer: Sealer;
}

type Deciding<Refusal, Answer> =
  | Decision<AccountEvent, Refusal, Answer>
  | Promise<Decision<AccountEvent, Refusal, Answer>>;

/** What a command on a user answers: with what its own rules refuse, or what all of them do. */
export type UserOutcome<Answer, Refusal> = Outcome<Answer, Refusal | KnownRefusal | Contended | InvalidInput>;

export type Decide<Refusal, Answer> = (account: Account, context: UserContext) => Deciding<Refusal, Answer>;

/** Runs a command on a user that is there. `decide` may be called several times; its last verdict counts. */
export function executeForUser<Refusal, Answer>(
  application: Application,
  command: UserCommand,
  decide: Decide<Refusal, Answer>,
): Promise<UserOutcome<Answer, Refusal>> {
  const found = application.surroundings.of(command.organizationId);
  const execute = (surroundings: Surroundings) =>
    executeWithin(application, command, { surroundings, decide });
  return found instanceof Promise ? found.then(execute) : execute(found);
}

function executeWithin<Refusal, Answer>(
  application: Application,
  { organizationId, userId, by }: UserCommand,
  { surroundings, decide }: { readonly surroundings: Surroundings; readonly decide: Decide<Refusal, Answer> },
): Promise<UserOutcome<Answer, Refusal>> {
  const stream = application.userStream(userId);
  const { keys } = application.parts.secrets;
  return application.accounts.commands.execute<Refusal | KnownRefusal, Answer>({
    stream,
    by,
    resourceOwner: organizationId,
    decide: (account, now) => {
      if (known(account, organizationId) !== null) return reject({ code: 'user-not-found' });
      const withKey = (key: DataKey | null) => decideWith(key, account, now);
      const key = keys.get(stream);
      return key instanceof Promise ? key.then(withKey) : withKey(key);
    },
  });

  /** A user whose key is gone is being erased, whatever the stream says so far. */
  function decideWith(
    key: DataKey | null,
    account: Account,
    now: Instant,
  ): Deciding<Refusal | KnownRefusal, Answer> {
    if (key === null) return reject({ code: 'user-not-found' });
    const sealer = new Sealer(application.parts.secrets, key, organizationId);
    return decide(account, { ...surroundings, now, sealer });
  }
}

/** Tells more than the domain does, where it accepted. */
export function withAnswer<Event, Refusal, Answer, More>(
  { events, outcome }: Decision<Event, Refusal, Answer>,
  more: More,
): Decision<Event, Refusal, Answer & More> {
  if (outcome.kind === 'rejected') return { events, outcome };
  return { events, outcome: { kind: 'accepted', answer: { ...outcome.answer, ...more } } };
}
