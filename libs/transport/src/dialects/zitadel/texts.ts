// How a text has to match: two enumerations of the contract with the same numbers.

import type { Violation } from '#application/violations.js';
import type { TextMatch } from '#read-models/queries/queries.js';
import { unknownValue } from '#transport/dialects/zitadel/violations.js';

const methods: readonly TextMatch['method'][] = ['equals', 'starts-with', 'contains', 'ends-with'];

/** Each method comes twice: as it is, and then in whatever case. */
export function textMatchOf(value: string, number: number, field: string): TextMatch | Violation {
  const method = methods[number >> 1];
  if (number < 0 || method === undefined) return unknownValue(field);
  return { value, method, ignoreCase: number % 2 === 1 };
}
