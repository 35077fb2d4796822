// A user's stream is one consistency boundary: whatever a guess is decided by stands in it.

import type { AccessTokenEvent } from '#domain/access-token/events.js';
import type { AttemptsEvent } from '#domain/attempts/events.js';
import type { PasswordEvent } from '#domain/password/events.js';
import type { RecoveryCodesEvent } from '#domain/recovery-codes/events.js';
import type { TotpEvent } from '#domain/totp/events.js';
import type { UserEvent } from '#domain/user/events.js';
import type { UserMetadataEvent } from '#domain/user-metadata/events.js';
import type { UserSessionsEvent } from '#domain/user-sessions/events.js';

export type AccountEvent =
  | UserEvent
  | TotpEvent
  | RecoveryCodesEvent
  | AttemptsEvent
  | AccessTokenEvent
  | PasswordEvent
  | UserMetadataEvent
  | UserSessionsEvent;
