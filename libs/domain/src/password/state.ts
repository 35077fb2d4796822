import type { AccountEvent } from '#domain/account/events.js';
import type { FailuresInARow } from '#domain/attempts/bounds.js';
import type { Instant, Sealed } from '#domain/ids.js';
import type { PasswordEvent } from '#domain/password/events.js';

export interface PasswordCode {
  readonly code: Sealed;
  readonly expiresAt: Instant;
  /** Wrong guesses at this code. */
  readonly failures: number;
}

export interface PasswordState {
  readonly current: { readonly hash: Sealed; readonly changeRequired: boolean } | null;
  /** Wrong passwords since the last right one; they are counted also where there is none to be right. */
  readonly inARow: FailuresInARow | null;
  readonly code: PasswordCode | null;
}

export const noPassword: PasswordState = { current: null, inARow: null, code: null };

export function evolvePassword(state: PasswordState, event: AccountEvent, at: Instant): PasswordState {
  switch (event.type) {
    case 'user.human.password.changed': {
      const { hash, changeRequired } = event;
      return { current: { hash, changeRequired }, inARow: null, code: null };
    }
    case 'user.human.password.hash.updated':
      return state.current === null ? state : { ...state, current: { ...state.current, hash: event.hash } };
    case 'user.human.password.check.succeeded':
      return state.inARow === null ? state : { ...state, inARow: null };
    case 'user.human.password.check.failed':
      return { ...state, inARow: { failures: (state.inARow?.failures ?? 0) + 1, lastAt: at } };
    case 'user.human.password.code.added':
      return { ...state, code: { code: event.code, expiresAt: event.expiresAt, failures: 0 } };
    case 'user.human.password.code.check.failed':
      return state.code === null
        ? state
        : { ...state, code: { ...state.code, failures: state.code.failures + 1 } };
    // It went to the mailbox that is no longer the person's.
    case 'user.human.email.changed':
      return state.code === null ? state : { ...state, code: null };
    default:
      // An event of this noun that is forgotten does not compile.
      event satisfies Exclude<AccountEvent, PasswordEvent>;
      return state;
  }
}
