// What a user's wrong guesses have cost so far, over all factors. What one device has failed in a row stands
// with the device.

import type { AccountEvent } from '#domain/account/events.js';
import type { FailuresInARow } from '#domain/attempts/bounds.js';
import type { AttemptsEvent } from '#domain/attempts/events.js';
import type { Instant } from '#domain/ids.js';
import { settingRanges } from '#domain/organization/settings.js';

export interface AttemptsState {
  /** Failures of any factor since the last success of any. */
  readonly inARow: FailuresInARow | null;
  /**
   * When TOTP codes were wrong, once for each device that was compared, earliest first; only the latest, which no
   * success takes back.
   */
  readonly wrongTotpAt: readonly Instant[];
}

export const noAttempts: AttemptsState = { inARow: null, wrongTotpAt: [] };

/** As many as a window may allow at most: with so many in it, no earlier one changes any decision. */
const wrongTotpKeptMax = settingRanges.failuresPerWindowMax.maximum;

export function evolveAttempts(state: AttemptsState, event: AccountEvent, at: Instant): AttemptsState {
  switch (event.type) {
    case 'user.human.mfa.otp.check.failed':
      return {
        inARow: oneMore(state, at),
        wrongTotpAt:
          event.reason === 'wrong'
            ? remember(state.wrongTotpAt, at, event.totpIds.length)
            : state.wrongTotpAt,
      };
    case 'user.human.mfa.recoverycode.check.failed':
      return { ...state, inARow: oneMore(state, at) };
    // A confirmation is no success here: whoever may enrol could end any delay with a secret of their own.
    case 'user.human.mfa.otp.check.succeeded':
    case 'user.human.mfa.otp.resynced':
    case 'user.human.mfa.recoverycode.check.succeeded':
      return state.inARow === null ? state : { ...state, inARow: null };
    case 'user.mfa.attempts.reset':
    case 'user.mfa.reset':
      return noAttempts;
    default:
      // An event of this noun that is forgotten does not compile.
      event satisfies Exclude<AccountEvent, AttemptsEvent>;
      return state;
  }
}

function oneMore({ inARow }: AttemptsState, at: Instant): AttemptsState['inARow'] {
  return { failures: (inARow?.failures ?? 0) + 1, lastAt: at };
}

/** None is dropped for its age: once the clock has leapt forward and back, that would have freed guesses. */
function remember(times: readonly Instant[], at: Instant, count: number): readonly Instant[] {
  const after = times.findLastIndex((time) => time <= at) + 1;
  return times.toSpliced(after, 0, ...Array<Instant>(count).fill(at)).slice(-wrongTotpKeptMax);
}
