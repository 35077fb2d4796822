// What stands in a mail to prove that its reader is who has the address: 30 random bits, and five guesses at them.

import { timingSafeEqual } from 'node:crypto';

import { canonicalCrockford } from '#secrets/canonical-code.js';
import { randomCrockford } from '#secrets/crockford.js';

const codeCharacters = 6;

export function newEmailCode(): string {
  return randomCrockford(codeCharacters);
}

/**
 * Of what was typed and what was sent; text that is no code is the same as nothing. What was sent is compared as it
 * was made: reading it as what was typed is read would take a little longer the earlier the two differ.
 */
export function sameCode(typed: string, sent: string): boolean {
  const code = canonicalCrockford(typed, codeCharacters);
  if (code === null || sent.length !== codeCharacters) return false;
  return timingSafeEqual(Buffer.from(code, 'latin1'), Buffer.from(sent, 'latin1'));
}
