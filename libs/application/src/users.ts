// What every command on one user has in common: whose it is, where the settings come from, and the key
// that opens what is sealed.

import type { Application } from '#application/application.js';
import type { Caller, CallerProof, Outcome } from '#application/caller.js';
import type { NotExecuted } from '#application/execute.js';
import { isDear, readProof, refusedProof, type UnreadProof, withProof } from '#application/proof.js';
import { refusalIn } from '#application/recalled.js';
import { type Busy, unlessBusy } from '#application/recovery-codes/compare.js';
import { Sealer } from '#application/sealer.js';
import { isThere, type Surroundings } from '#application/surroundings.js';
import type { InvalidInput } from '#application/violations.js';
import type { Circumstances } from '#domain/account/circumstances.js';
import type { AccountEvent } from '#domain/account/events.js';
import type { Account } from '#domain/account/state.js';
import { type Decision, reject } from '#domain/decider.js';
import type { Instant, OrganizationId, UserId } from '#domain/ids.js';
import type { ProofRefusal } from '#domain/totp/decide.js';
import { type KnownRefusal, known } from '#domain/user/decide.js';
import { isAlive } from '#domain/user/state.js';
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
export type UserOutcome<Answer, Refusal> = Outcome<
  Answer,
  Refusal | KnownRefusal | NotExecuted | InvalidInput | UnprovenRefusal
>;

/** Where the caller showed something with the call. */
type UnprovenRefusal = ProofRefusal | UnreadProof | Busy;

export type Decide<Refusal, Answer> = (account: Account, context: UserContext) => Deciding<Refusal, Answer>;

/** Told the id of the last event of an append that won. */
export type OnAppended = (eventId: string) => void;

/** A decision with an answer, and how a repeat finds that answer in the events that the first call appended. */
export interface Deed<Refusal, Answer> {
  readonly decide: Decide<Refusal, Answer>;
  readonly recall: (events: readonly AccountEvent[], account: Account) => Answer;
  readonly onAppended?: OnAppended | undefined;
  /** Whether it compares a secret: whoever shows a wrong proof with it learns nothing of that. */
  readonly guesses?: boolean | undefined;
  /** Whether it waits for hashes, which are then made outside of the turns of its user. */
  readonly isDear?: boolean | undefined;
}

/** Runs a command on a user that is there. `decide` may be called several times; its last verdict counts. */
export function executeForUser<Refusal, Answer extends null = null>(
  application: Application,
  command: UserCommand,
  decide: Decide<Refusal, Answer>,
): Promise<UserOutcome<Answer, Refusal>>;
export function executeForUser<Refusal, Answer>(
  application: Application,
  command: UserCommand,
  deed: Deed<Refusal, Answer>,
): Promise<UserOutcome<Answer, Refusal>>;
export function executeForUser<Refusal, Answer>(
  application: Application,
  command: UserCommand,
  doing: Deed<Refusal, Answer> | Decide<Refusal, Answer>,
): Promise<UserOutcome<Answer, Refusal>> {
  const { proof = null } = command.by;
  return proof === null
    ? executeDeed(application, command, deedOf(doing))
    : executeProven(application, command, { proof, deed: deedOf(doing) });
}

/** What the caller showed with the call is spent in the append of what it does, whatever that is. */
async function executeProven<Refusal, Answer>(
  application: Application,
  command: UserCommand,
  { proof, deed }: { readonly proof: CallerProof; readonly deed: Deed<Refusal, Answer> },
): Promise<UserOutcome<Answer, Refusal>> {
  const { secrets } = application.parts;
  const read = readProof(proof, secrets);
  if (read.kind === 'rejected') return read;
  const { organizationId } = command;
  const proven: Deed<Refusal | ProofRefusal, Answer> = {
    ...deed,
    decide: async (account, context) => {
      const subject = { account, organizationId, context, secrets };
      const refused = deed.guesses === true ? await refusedProof(read.proof, subject) : null;
      return refused ?? withProof(await deed.decide(account, context), read.proof, subject);
    },
    isDear: deed.isDear === true || isDear(read.proof),
  };
  return unlessBusy(() => executeDeed(application, command, proven));
}

function executeDeed<Refusal, Answer>(
  application: Application,
  command: UserCommand,
  deed: Deed<Refusal, Answer>,
): Promise<UserOutcome<Answer, Refusal>> {
  const found = application.surroundings.of(command.organizationId);
  const execute = (surroundings: Surroundings) => executeWithin(application, command, { surroundings, deed });
  return found instanceof Promise ? found.then(execute) : execute(found);
}

function executeWithin<Refusal, Answer>(
  application: Application,
  { organizationId, userId, by }: UserCommand,
  { surroundings, deed }: { readonly surroundings: Surroundings; readonly deed: Deed<Refusal, Answer> },
): Promise<UserOutcome<Answer, Refusal>> {
  const stream = application.userStream(userId);
  const { keys } = application.parts.secrets;
  return application.accounts.commands.execute<Refusal | KnownRefusal, Answer>({
    stream,
    by,
    resourceOwner: organizationId,
    onAppended: deed.onAppended,
    isDear: deed.isDear,
    decide: (account, now) => {
      if (!isThere(surroundings) || known(account, organizationId) !== null)
        return reject({ code: 'user-not-found' });
      const withKey = (key: DataKey | null) => decideWith(key, account, now);
      const key = keys.get(stream);
      return key instanceof Promise ? key.then(withKey) : withKey(key);
    },
    recall: ({ events, undone }, account, now) => {
      const refusal = refusalIn(events, { undone, account, circumstances: { ...surroundings, now } });
      // What its own events refuse is among what the command refuses.
      if (refusal !== null) return { kind: 'rejected', refusal: refusal as Refusal };
      return { kind: 'accepted', answer: deed.recall(events, account) };
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
    return deed.decide(account, { ...surroundings, now, sealer });
  }
}

/** Whether there is anybody of this id, in whichever organization. */
export async function presenceOf(application: Application, userId: UserId): Promise<'living' | 'gone'> {
  const { state } = await application.accounts.streams.current(application.userStream(userId));
  if (!isAlive(state.user)) return 'gone';
  return isThere(await application.surroundings.of(state.user.organizationId)) ? 'living' : 'gone';
}

/** Tells more than the domain does, where it accepted. */
export function withAnswer<Event, Refusal, Answer, More>(
  { events, outcome }: Decision<Event, Refusal, Answer>,
  more: More,
): Decision<Event, Refusal, Answer & More> {
  if (outcome.kind === 'rejected') return { events, outcome };
  return { events, outcome: { kind: 'accepted', answer: { ...outcome.answer, ...more } } };
}

/** A decision alone is one that is accepted without an answer. */
export const deedOf = <Refusal, Answer>(
  doing: Deed<Refusal, Answer> | Decide<Refusal, Answer>,
): Deed<Refusal, Answer> =>
  typeof doing === 'function' ? { decide: doing, recall: () => null as Answer } : doing;
