// What of a request is refused before a command or a query sees it: what is not built, and what has no meaning.
// Nothing that was set is left out of account in silence.

import type { InvalidInput, Violation } from '#application/violations.js';

export const notBuilt = (field: string, message = 'is not built'): Violation => ({
  field,
  rule: 'not-built',
  message,
});

export const unset = (field: string): Violation => ({ field, rule: 'one-of', message: 'has to be set' });

export const unknownValue = (field: string): Violation => ({
  field,
  rule: 'one-of',
  message: 'must be one of the values there are',
});

export const invalid = (violations: readonly Violation[]): InvalidInput => ({
  code: 'invalid-input',
  violations,
});

/** Each rule with whether it is broken. */
export const broken = (...rules: readonly (readonly [boolean, Violation])[]): readonly Violation[] =>
  rules.filter(([isBroken]) => isBroken).map(([, violation]) => violation);
