// The first of the two appends of a session: on its user's stream, with what the checks cost and spend, and with the
// session's id in its metadata. What a session may note down is decided there, of one state of the user.

import type { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { partOf } from '#application/idempotency.js';
import { type Busy, unlessBusy } from '#application/recovery-codes/compare.js';
import type { Sealer } from '#application/sealer.js';
import { type Check, type CheckRefusal, checkedIn, decideChecks } from '#application/session/checks.js';
import type { Somebody } from '#application/session/find-user.js';
import { sealerOf, settingsFor } from '#application/session/sessions.js';
import { nameOfUser } from '#application/user/user-stream.js';
import { executeForUser, type UserContext, type UserOutcome } from '#application/users.js';
import type { Account } from '#domain/account/state.js';
import { type Decision, type Rejected, reject } from '#domain/decider.js';
import type { Instant, SessionId } from '#domain/ids.js';
import type { Settings } from '#domain/organization/settings.js';
import type { CheckedFactor, SessionFactor, UserToNote } from '#domain/session/decide.js';
import { type UsableRefusal, usable } from '#domain/user/decide.js';
import { evolveUserSessions, noSessions } from '#domain/user-sessions/state.js';
import { decodeAccountEvent } from '#event-catalog/catalogue.js';
import { eventsPerReadMax } from '#event-log/limits.js';

export interface Checking<Refusal> {
  readonly somebody: Somebody;
  readonly sessionId: SessionId;
  readonly checks: readonly Check[];
  readonly by: Caller;
  /** What would be refused whatever is shown: nothing is compared then. */
  readonly ahead: (account: Account, context: UserContext) => Rejected<Refusal> | null;
}

/** What there is to note down about the user, and what it is sealed with. */
export interface CheckedForSession extends Found {
  readonly somebody: Somebody;
  readonly sealer: Sealer;
}

interface Found {
  readonly checked: readonly CheckedFactor[];
  /** Of the sessions of the user, when they were checked. */
  readonly generation: number;
  /** When the user was; null for now. */
  readonly at: Instant | null;
}

type CheckOutcome<Refusal> = UserOutcome<Found, CheckRefusal | UsableRefusal | Busy | Refusal>;
type CheckRefused<Refusal> = Extract<CheckOutcome<Refusal>, { kind: 'rejected' }>;

export async function checkForSession<Refusal>(
  application: Application,
  checking: Checking<Refusal>,
): Promise<
  | { readonly kind: 'checked'; readonly noted: CheckedForSession; readonly settings: Settings }
  | CheckRefused<Refusal>
> {
  const { somebody } = checking;
  const outcome = await checkAll(application, checking);
  if (outcome.kind === 'rejected') return outcome;
  const sealing = await sealerOf(application, somebody);
  if (sealing.kind === 'rejected') return sealing;
  const settings = await settingsFor(application, somebody.organizationId);
  return { kind: 'checked', noted: { somebody, sealer: sealing.sealer, ...outcome.answer }, settings };
}

/** As the session notes it down. */
export const userToNote = ({ somebody, sealer, generation, at }: CheckedForSession): UserToNote => ({
  user: nameOfUser(somebody),
  userId: sealer.seal('user-id', somebody.userId),
  organizationId: somebody.organizationId,
  generation,
  at,
});

/**
 * Of a call that is sent again, what was refused without a trace is looked at again: that the password was right the
 * first time says nothing of the code that came with it.
 */
async function checkAll<Refusal>(
  application: Application,
  checking: Checking<Refusal>,
): Promise<CheckOutcome<Refusal>> {
  const outcome = await checkOnce(application, checking);
  if (outcome.kind === 'rejected') return outcome;
  const { checked } = outcome.answer;
  const checks = checking.checks.slice(checked.length);
  if (checks.length === 0) return outcome;
  const rest = await checkAll(application, { ...checking, checks, by: partOf(checking.by, 'rest') });
  if (rest.kind === 'rejected') return rest;
  return { ...rest, answer: { ...outcome.answer, checked: [...checked, ...rest.answer.checked] } };
}

async function checkOnce<Refusal>(
  application: Application,
  { somebody, sessionId, checks, by, ahead }: Checking<Refusal>,
): Promise<CheckOutcome<Refusal>> {
  const { organizationId, userId, userStream } = somebody;
  // A proof that came along is for what sessions may do, not for what makes them.
  const command = { organizationId, userId, by: { ...by, session: sessionId, proof: null } };
  const outcome = await unlessBusy(() =>
    executeForUser<CheckRefusal | UsableRefusal | Refusal, Told>(application, command, {
      decide: async (account, context): Promise<Deciding<Refusal>> => {
        const refused = usable(account, organizationId, context) ?? ahead(account, context);
        if (refused !== null) return reject(refused.refusal);
        const { events, outcome: verdict } = await decideChecks(checks, { organizationId, account, context });
        if (verdict.kind === 'rejected') return { events, outcome: verdict };
        const { generation } = account.sessions;
        return { events, outcome: { kind: 'accepted', answer: { checked: verdict.answer, generation } } };
      },
      recall: (events) => ({ checked: checkedIn(events), generation: null }),
      isDear: checks.some(({ factor }) => factor !== 'totp'),
    }),
  );
  if (outcome.kind === 'rejected') return outcome;
  const { checked, generation } = outcome.answer;
  const then = generation ?? (await generationThen(application, userStream, outcome.details.sequence));
  // What was right the first time is no newer for being sent again.
  const at = outcome.repeated === true ? outcome.details.changeDate : null;
  const factors = checked.map((factor) => ({ factor, at }));
  return { ...outcome, answer: { checked: factors, generation: then, at } };
}

interface Told {
  readonly checked: readonly SessionFactor[];
  /** Null in a repeat, which has to find out what it was. */
  readonly generation: number | null;
}

type Deciding<Refusal> = Decision<
  Parameters<typeof evolveUserSessions>[1],
  CheckRefusal | UsableRefusal | Refusal,
  Told
>;

/**
 * After so many events of the stream. What a call was right with the first time is worth what it was worth then:
 * sessions that were ended since are not begun by sending it again. The state is never newer than what is read
 * after it, so that what comes out is never too high.
 */
async function generationThen(
  application: Application,
  userStream: string,
  sequence: number,
): Promise<number> {
  const { state } = await application.accounts.streams.current(userStream);
  let since = noSessions;
  for (let from = sequence; ; from += eventsPerReadMax) {
    const asked = { direction: 'forward', from, limit: eventsPerReadMax } as const;
    const page = await application.parts.log.readStream(userStream, asked);
    const events = page.status === 'unknown' ? [] : page.events;
    for (const event of events) since = evolveUserSessions(since, decodeAccountEvent(event));
    if (events.length < eventsPerReadMax) return state.sessions.generation - since.generation;
  }
}
