import type { Secrets } from '#application/parts.js';
import { recoveryCodesMax } from '#domain/recovery-codes/decide.js';
import type { StoredRecoveryCode } from '#domain/recovery-codes/events.js';

export interface MadeRecoveryCodes {
  readonly texts: readonly string[];
  readonly codes: readonly StoredRecoveryCode[];
}

/** One after the other, so that a set takes no more places in the lane than a guess does. */
export async function makeRecoveryCodes(
  count: number,
  { newRecoveryCodes, recoveryHashes }: Pick<Secrets, 'newRecoveryCodes' | 'recoveryHashes'>,
): Promise<MadeRecoveryCodes> {
  const texts: string[] = [];
  const codes: StoredRecoveryCode[] = [];
  for (const { text, selector, rest } of newRecoveryCodes(count)) {
    texts.push(text);
    codes.push({ selector, hash: await recoveryHashes.hash(rest) });
  }
  return { texts, codes };
}

/** How many slow hashes it takes. More codes than there may be are refused before any is hashed. */
export const hashesOfCodes = (count: number): number => (count > recoveryCodesMax ? 0 : count);
