import { beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { disagreement, sequences } from '#domain/testing/model-run.js';

const seed = Number(process.env.COUNTERSIGN_TEST_SEED ?? Date.now() % 1_000_000);
const sequencesInSuite = 250;

beforeAll(() => {
  process.stdout.write(`COUNTERSIGN_TEST_SEED=${seed}\n`);
});

it('whatever is done in whatever order, what is told and what is kept are what plain counting says', () => {
  const property = fc.property(sequences, (sequence) => {
    expect(disagreement(sequence)).toBeNull();
  });
  fc.assert(property, { seed, numRuns: sequencesInSuite });
});

it('the sequences meet every verdict there is', () => {
  const met = new Set<string>();
  const drawn = fc.sample(sequences, { seed, numRuns: sequencesInSuite });
  for (const sequence of drawn) disagreement(sequence, (code) => met.add(code));
  expect([...met].toSorted()).toEqual([
    'accepted',
    'attempts-delayed',
    'code-already-used',
    'malformed-code',
    'organization-not-active',
    'password-delayed',
    'password-exhausted',
    'password-wrong',
    'proof-required',
    'recovery-codes-not-found',
    'totp-already-ready',
    'totp-devices-max',
    'totp-disabled',
    'totp-exhausted',
    'totp-not-found',
    'totp-not-ready',
    'totp-registration-expired',
    'totp-registration-not-found',
    'user-already-inactive',
    'user-already-locked',
    'user-inactive',
    'user-locked',
    'user-not-inactive',
    'user-not-locked',
    'wrong-code',
    'wrong-recovery-code',
  ]);
});
