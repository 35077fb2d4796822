// What of a request is refused before a command sees it: what has no meaning. Nothing that was set is left out of
// account in silence.

import type { InvalidInput, Violation } from '#application/violations.js';

export const unknownValue = (field: string): Violation => ({
  field,
  rule: 'one-of',
  message: 'must be one of the values there are',
});

export const invalid = (violations: readonly Violation[]): InvalidInput => ({
  code: 'invalid-input',
  violations,
});
