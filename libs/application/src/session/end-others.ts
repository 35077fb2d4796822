// Whoever changes what a user logs in with may want all its sessions ended, since somebody else may have begun one:
// all but the one in which it is done. Which those are is decided in the append of the change.

import type { Application } from '#application/application.js';
import { ownSession } from '#application/session/own-session.js';
import type { UserCommand } from '#application/users.js';
import type { AccountEvent } from '#domain/account/events.js';
import { type Account, accountAfter } from '#domain/account/state.js';
import type { Decision } from '#domain/decider.js';
import type { Instant } from '#domain/ids.js';
import { hasSecondFactor } from '#domain/session/assurance.js';
import { type BegunSession, sessionsEnded } from '#domain/user-sessions/decide.js';

/** Null where nothing was said of them. */
export type Ending = { readonly except: BegunSession | null } | null;

export async function endingOf(
  application: Application,
  command: UserCommand & { readonly endOtherSessions: boolean },
): Promise<Ending> {
  return command.endOtherSessions ? { except: await ownSession(application, command) } : null;
}

export function withOthersEnded<Event extends AccountEvent, Refusal, Answer>(
  decision: Decision<Event, Refusal, Answer>,
  ending: Ending,
  { sessions }: Account,
): Decision<AccountEvent, Refusal, Answer> {
  const { events, outcome } = decision;
  if (ending === null || outcome.kind === 'rejected') return decision;
  return { events: [...events, sessionsEnded(sessions, ending.except)], outcome };
}

/**
 * Where an administrator takes away the last factor, no session goes on, whatever was said of them: what was shown of that
 * factor is worth nothing any more, and a session in which none was shown would be as good as one that shows it.
 */
export function endedWithLastFactor<Event extends AccountEvent, Refusal, Answer>(
  { events }: Decision<Event, Refusal, Answer>,
  ending: Ending,
  { account, now }: { readonly account: Account; readonly now: Instant },
): Ending {
  const left = accountAfter(account, events, now);
  return hasSecondFactor(account) && !hasSecondFactor(left) ? { except: null } : ending;
}
