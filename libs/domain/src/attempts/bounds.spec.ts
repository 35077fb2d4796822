import { expect, test } from '@jest/globals';

import { attemptsLeft } from '#domain/attempts/bounds.js';
import { enrolled, failed, person, phone, times } from '#domain/testing/factors.js';
import { accountOf, circumstances } from '#domain/testing/specification.js';

test.each([
  { allowed: 8, left: 1 },
  { allowed: 7, left: 0 },
  { allowed: 6, left: 0 },
  { allowed: 5, left: 0 },
])('of $allowed wrong codes a window, seven leave $left', ({ allowed, left }) => {
  const { attempts } = accountOf(person, ...enrolled(phone), ...times(7, failed([phone])));
  const settings = { failuresPerWindowMax: allowed };
  expect(attemptsLeft(attempts, null, circumstances({ settings }))).toBe(left);
});
