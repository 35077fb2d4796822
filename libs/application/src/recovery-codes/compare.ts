// Holds a recovery code against the one hash that its selector finds. A hash is made to be dear: each guess
// costs one, whatever it is decided on and however often.

import type { Refused } from '#application/caller.js';
import type { Secrets } from '#application/parts.js';
import type { Rejected } from '#domain/decider.js';
import type { HashLaneFull } from '#secrets/hash-lane.js';

/** It is no recovery code, whoever's. It was compared with nothing, and costs nothing. */
export interface MalformedRecoveryCode {
  readonly code: 'malformed-recovery-code';
}

/** More hashes are wanted than may wait. Nothing was compared or recorded; the same call may succeed later. */
export interface Busy {
  readonly code: 'busy';
  /** What waits is likely to be done by then. */
  readonly retryAfterMs: number;
}

export interface RecoveryGuessing {
  readonly kind: 'guess';
  readonly selector: string;
  /** @param hash null where no code has the selector, which takes as long */
  matches(hash: string | null): Promise<boolean>;
}

export function readRecoveryCode(
  text: string,
  { canonicalRecoveryCode, recoveryHashes }: Pick<Secrets, 'canonicalRecoveryCode' | 'recoveryHashes'>,
): RecoveryGuessing | Rejected<MalformedRecoveryCode> {
  const code = canonicalRecoveryCode(text);
  if (code === null) return { kind: 'rejected', refusal: { code: 'malformed-recovery-code' } };
  const { selector, rest } = code;
  const compared = new Map<string | null, boolean>();
  return { kind: 'guess', selector, matches };

  async function matches(hash: string | null): Promise<boolean> {
    // Whose code was spent by another while this one was compared has waited for a hash already.
    const known = compared.get(hash) ?? (hash === null && compared.size > 0 ? false : null);
    if (known !== null) return known;
    const fits = await (hash === null ? recoveryHashes.verifyDummy(rest) : recoveryHashes.verify(hash, rest));
    compared.set(hash, fits);
    return fits;
  }
}

/** Null where a password that comes now would be compared. */
export function busyWithPasswords({ passwords }: Pick<Secrets, 'passwords'>): Refused<Busy> | null {
  const retryAfterMs = passwords.busyForMs();
  return retryAfterMs === null ? null : busy(retryAfterMs);
}

export async function unlessBusy<Told>(run: () => Promise<Told>): Promise<Told | Refused<Busy>> {
  try {
    return await run();
  } catch (error) {
    if (!isLaneFull(error)) throw error;
    return busy(error.retryAfterMs);
  }
}

const busy = (retryAfterMs: number): Refused<Busy> => ({
  kind: 'rejected',
  refusal: { code: 'busy', retryAfterMs },
});

const isLaneFull = (error: unknown): error is HashLaneFull =>
  error instanceof Error && 'code' in error && error.code === 'hash-lane-full';
