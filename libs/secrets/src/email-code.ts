// What stands in a mail to prove that its reader is who has the address: 30 random bits, and five guesses at them.

import { timingSafeEqual } from 'node:crypto';

import { canonicalCrockford } from '#secrets/canonical-code.js';
import { randomCrockford } from '#secrets/crockford.js';

const codeCharacters = 6;

export function newEmailCode(): string {
  return randomCrockford(codeCharacters);
}

/** Of what was typed and what was sent; text that is no code is the same as nothing. */
export function sameCode(typed: string, sent: string): boolean {
  const one = canonicalCrockford(typed, codeCharacters);
  const other = canonicalCrockford(sent, codeCharacters);
  if (one === null || other === null) return false;
  return timingSafeEqual(Buffer.from(one, 'latin1'), Buffer.from(other, 'latin1'));
}
