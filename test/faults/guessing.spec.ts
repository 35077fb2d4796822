import { beforeAll, describe, expect, it } from '@jest/globals';

import { type Attack, attack, attacks, sigmas } from '#test/faults/guessing-attack.js';

/** Fixed, since one seed in some hundred is further off than three standard deviations by chance. */
const seed = Number(process.env.COUNTERSIGN_TEST_SEED ?? 1);
const guesses = 10_000;
const sieges = Object.entries<Attack>(attacks).flatMap(([bound, one]) =>
  [1, 3].map((devices) => ({ bound, devices, one })),
);

beforeAll(() => {
  process.stdout.write(`COUNTERSIGN_TEST_SEED=${seed}\n`);
});

describe('a guesser among a thousand codes, while the owner signs in twice a day', () => {
  it.each(sieges)(
    'is told what plain counting says, and is right as often as chance has it: $bound, devices: $devices',
    ({ one, devices }) => {
      const figures = attack({ ...one, devices, guesses, seed });
      expect(figures).toMatchObject({ compared: guesses, disagreements: 0 });
      expect(figures.refused).toBeGreaterThan(0);
      expect(figures.wins).toBeGreaterThan(0);
      expect(sigmas(figures)).toBeLessThan(3);
    },
  );

  it.each(sieges)(
    'is seen to gain by a failure that is lost: $bound, devices: $devices',
    ({ one, devices }) => {
      const loses = ({ type }: { readonly type: string }) => type === 'user.human.mfa.otp.check.failed';
      expect(attack({ ...one, devices, guesses: 1_000, seed, loses }).disagreements).toBeGreaterThan(0);
    },
  );

  it('has twenty guesses at a device, whatever the time', () => {
    const { bindings, wins } = attack({ ...attacks['the cap of a device alone'], devices: 1, guesses, seed });
    // A guess that was right begins the count anew.
    expect(Math.abs(guesses / bindings - 20)).toBeLessThan((20 * (wins + 1)) / bindings);
  });

  it('has thirty guesses in thirty days, whatever was right in between', () => {
    const { days, wins } = attack({ ...attacks['all together'], devices: 1, guesses, seed });
    expect(guesses - wins).toBeLessThanOrEqual(30 * (days / 30 + 1));
    expect(guesses - wins).toBeGreaterThan(30 * (days / 30) * 0.95);
  });
});
