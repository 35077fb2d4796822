import { beforeAll, describe, expect, it } from '@jest/globals';

import { Chance } from '#test/faults/chance.js';
import { noTally, sessionTrial } from '#test/faults/session-trials.js';

const seed = Number(process.env.COUNTERSIGN_TEST_SEED ?? Date.now() % 1_000_000);
const trials = 12;
/** Where nobody has happened to begin a session with a factor. */
const trialsMax = 60;

beforeAll(() => {
  process.stdout.write(`COUNTERSIGN_TEST_SEED=${seed}\n`);
});

describe('whatever is shown, in whatever order, at once, again, or cut short', () => {
  it('no session is authenticated with a ready factor unchecked, or after it is over', async () => {
    const chance = new Chance(seed);
    const tally = noTally();
    for (let trial = 0; trial < trials || (tally.withFactor === 0 && trial < trialsMax); trial += 1)
      await sessionTrial(chance, tally);
    expect(tally.violations).toEqual([]);
    // There was something to find.
    const { sessions, replays, cutShort, withFactor, authenticated } = tally;
    for (const met of [sessions, replays, cutShort, withFactor, authenticated])
      expect(met).toBeGreaterThan(0);
  }, 120_000);
});
