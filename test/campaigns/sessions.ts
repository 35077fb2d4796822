// `npm run campaign:sessions -- --trials 2000 --seed 1`: the trials of the suite, so many of them.

import { parseArgs } from 'node:util';

import { commitOf, print, printTable } from '#test/campaigns/figures.js';
import { Chance } from '#test/faults/chance.js';
import { noTally, sessionTrial } from '#test/faults/session-trials.js';

const { values } = parseArgs({
  options: {
    trials: { type: 'string', default: '2000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});

const seed = Number(values.seed);
const trials = Number(values.trials);
const started = performance.now();
const chance = new Chance(seed);
const tally = noTally();
print(`seed ${seed}, commit ${commitOf()}`);
for (let trial = 0; trial < trials; trial += 1) await sessionTrial(chance, tally);
const seconds = Math.round((performance.now() - started) / 1_000);
const { violations, ...figures } = tally;
const holds = violations.length === 0;
print(`${holds ? 'yes' : 'NO '}  no session is authenticated with anything missing`);
for (const violation of new Set(violations)) print(`     ${violation}`);
printTable({ sessions: { trials, ...figures, violations: violations.length, seconds } });
print(
  JSON.stringify({ campaign: 'sessions', seed, commit: commitOf(), seconds, trials, ...figures, violations }),
);
process.exitCode = holds ? 0 : 1;
