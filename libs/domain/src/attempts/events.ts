import type { Sealed } from '#domain/ids.js';

// Failures and successes are the factors' own events; here is only what an administrator does.
export type AttemptsEvent =
  /** All counts are back at nothing and disabled devices are ready again. */
  | { readonly type: 'user.mfa.attempts.reset'; readonly reason: Sealed }
  /** All second factors, recovery codes included, are gone, and all counts with them. */
  | { readonly type: 'user.mfa.reset'; readonly reason: Sealed };
