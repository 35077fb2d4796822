import { type AccessTokensState, evolveAccessTokens, noAccessTokens } from '#domain/access-token/state.js';
import type { AccountEvent } from '#domain/account/events.js';
import { type AttemptsState, evolveAttempts, noAttempts } from '#domain/attempts/state.js';
import type { Instant } from '#domain/ids.js';
import { evolvePassword, noPassword, type PasswordState } from '#domain/password/state.js';
import {
  evolveRecoveryCodes,
  noRecoveryCodes,
  type RecoveryCodesState,
} from '#domain/recovery-codes/state.js';
import { evolveTotp, noTotp, type TotpState } from '#domain/totp/state.js';
import { evolveUser, noUser, type UserState } from '#domain/user/state.js';
import { evolveUserMetadata, noMetadata, type UserMetadataState } from '#domain/user-metadata/state.js';
import { evolveUserSessions, noSessions, type UserSessionsState } from '#domain/user-sessions/state.js';

/** Everything that the stream of one user says. */
export interface Account {
  readonly user: UserState;
  readonly totp: TotpState;
  readonly recoveryCodes: RecoveryCodesState;
  readonly attempts: AttemptsState;
  readonly accessTokens: AccessTokensState;
  readonly password: PasswordState;
  readonly metadata: UserMetadataState;
  readonly sessions: UserSessionsState;
}

export const noAccount: Account = {
  user: noUser,
  totp: noTotp,
  recoveryCodes: noRecoveryCodes,
  attempts: noAttempts,
  accessTokens: noAccessTokens,
  password: noPassword,
  metadata: noMetadata,
  sessions: noSessions,
};

/** What they would make of it, all at the same time. */
export const accountAfter = (account: Account, events: readonly AccountEvent[], at: Instant): Account =>
  events.reduce((state, event) => evolveAccount(state, event, at), account);

/** A part that has nothing to do with the event stays the object it was. */
export function evolveAccount(account: Account, event: AccountEvent, at: Instant): Account {
  return {
    user: evolveUser(account.user, event, at),
    totp: evolveTotp(account.totp, event, at),
    recoveryCodes: evolveRecoveryCodes(account.recoveryCodes, event),
    attempts: evolveAttempts(account.attempts, event, at),
    accessTokens: evolveAccessTokens(account.accessTokens, event, at),
    password: evolvePassword(account.password, event, at),
    metadata: evolveUserMetadata(account.metadata, event, at),
    sessions: evolveUserSessions(account.sessions, event),
  };
}
