// What of a request is refused before a command sees it: what has no meaning. Nothing that was set is left out of
// account in silence.

import { isTextOf } from '#application/input.js';
import type { InvalidInput, Violation } from '#application/violations.js';

/** No stream has a longer name, on any engine. */
export const streamCharactersMax = 512;

export const unknownValue = (field: string): Violation => ({
  field,
  rule: 'one-of',
  message: 'must be one of the values there are',
});

export const noPosition = (field: string): Violation => ({
  field,
  rule: 'position',
  message: 'must be a position of this log, up to that of its last event',
});

/** None for what could be the name of a stream. */
export const noStream = (field: string, stream: string): readonly Violation[] =>
  isTextOf(stream, 1, streamCharactersMax)
    ? []
    : [
        {
          field,
          rule: 'text',
          message: `must be 1 to ${streamCharactersMax} characters, none of them a control character`,
        },
      ];

export const invalid = (violations: readonly Violation[]): InvalidInput => ({
  code: 'invalid-input',
  violations,
});
