// `npm run campaign:model -- --sequences 100000 --seed 1`: the random sequences of the suite, as many as you have time
// for, against the model.

import { parseArgs } from 'node:util';

import fc from 'fast-check';

import { disagreement, type Sequence, sequences } from '#domain/testing/model-run.js';
import { commitOf, print, printTable } from '#test/campaigns/figures.js';

const { values } = parseArgs({
  options: {
    sequences: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});

const seed = Number(values.seed);
const many = Number(values.sequences);
const told = new Map<string, number>();
let commands = 0;

print(`seed ${seed}, commit ${commitOf()}`);
const started = performance.now();
const property = fc.property(sequences, (sequence: Sequence) => {
  const found = disagreement(sequence, (code) => {
    commands += 1;
    told.set(code, (told.get(code) ?? 0) + 1);
  });
  if (found !== null) throw new Error(JSON.stringify(found));
});
const { failed, counterexample, errorInstance } = fc.check(property, { seed, numRuns: many });
const rows = [...told].toSorted().map(([code, times]) => [code, { times }] as const);
printTable(Object.fromEntries(rows));
print(`${failed ? 'NO ' : 'yes'}  the domain and the model agree on ${commands} commands`);
if (failed) print(`${JSON.stringify(counterexample)}\n${errorInstance}`);
const seconds = Math.round((performance.now() - started) / 1_000);
print(
  JSON.stringify({ campaign: 'model', seed, commit: commitOf(), seconds, sequences: many, commands, failed }),
);
process.exitCode = failed ? 1 : 0;
