// Recovery codes: a selector, which finds the one hash to compare with, and 70 random bits, which are hashed.

import { recoveryCodeCharacters, selectorCharacters } from '#secrets/canonical-code.js';
import { randomCrockford } from '#secrets/crockford.js';

const groupCharacters = 4;
/** More than anyone keeps; and far fewer than there are selectors, so that drawing one that is free is quick. */
const codesMax = 50;

export interface NewRecoveryCode {
  /** What is shown, once. */
  readonly text: string;
  readonly selector: string;
  /** What is hashed: the code without its selector, in the form that `canonicalRecoveryCode` gives. */
  readonly rest: string;
}

export function newRecoveryCodes(count: number): NewRecoveryCode[] {
  if (!Number.isInteger(count) || count < 1 || count > codesMax)
    throw new RangeError(`a set has 1 to ${codesMax} codes`);
  const selectors = new Set<string>();
  while (selectors.size < count) selectors.add(randomCrockford(selectorCharacters));
  return Array.from(selectors, newCode);
}

function newCode(selector: string): NewRecoveryCode {
  const rest = randomCrockford(recoveryCodeCharacters - selectorCharacters);
  return { text: inGroups(selector + rest), selector, rest };
}

function inGroups(code: string): string {
  const groups: string[] = [];
  for (let at = 0; at < code.length; at += groupCharacters) groups.push(code.slice(at, at + groupCharacters));
  return groups.join('-');
}
