import type { AccountEvent } from '#domain/account/events.js';
import type { AttemptsEvent } from '#domain/attempts/events.js';
import type { TotpId } from '#domain/ids.js';
import type { RecoveryCodesEvent, StoredRecoveryCode } from '#domain/recovery-codes/events.js';

/** Made for an enrolment, and worth nothing until that is confirmed. */
export interface PendingRecoveryCodes {
  readonly totpId: TotpId;
  readonly codes: readonly StoredRecoveryCode[];
}

export interface RecoveryCodesState {
  /** The unspent ones of the set that is in force; their number is what is left. */
  readonly codes: readonly StoredRecoveryCode[];
  readonly pending: PendingRecoveryCodes | null;
}

export const noRecoveryCodes: RecoveryCodesState = { codes: [], pending: null };

export function evolveRecoveryCodes(state: RecoveryCodesState, event: AccountEvent): RecoveryCodesState {
  switch (event.type) {
    case 'user.human.mfa.recoverycode.added':
      return event.pendingWith === null
        ? { codes: event.codes, pending: null }
        : { codes: state.codes, pending: { totpId: event.pendingWith, codes: event.codes } };
    case 'user.human.mfa.recoverycode.check.succeeded':
      return spend(state, event.selector);
    case 'user.human.mfa.recoverycode.removed':
    case 'user.mfa.reset':
      return noRecoveryCodes;
    case 'user.human.mfa.otp.verified':
      return state.pending?.totpId === event.totpId ? { codes: state.pending.codes, pending: null } : state;
    case 'user.human.mfa.otp.added':
      return dropPending(state);
    case 'user.human.mfa.otp.imported':
    case 'user.human.mfa.otp.removed':
      return state.pending?.totpId === event.totpId ? dropPending(state) : state;
    case 'user.human.mfa.recoverycode.check.failed':
    case 'user.mfa.attempts.reset':
      return state;
    default:
      // An event of this noun that is forgotten does not compile.
      event satisfies Exclude<AccountEvent, RecoveryCodesEvent | AttemptsEvent>;
      return state;
  }
}

function dropPending(state: RecoveryCodesState): RecoveryCodesState {
  return state.pending === null ? state : { codes: state.codes, pending: null };
}

function spend(state: RecoveryCodesState, selector: string): RecoveryCodesState {
  const codes = state.codes.filter((code) => code.selector !== selector);
  return codes.length === state.codes.length ? state : { ...state, codes };
}
