// `npm run campaign:damage -- --count 20000`: the damages of the suite, as many
// as you have time for, on a log that is written anew for every thousand.

import { parseArgs } from 'node:util';

import { commitOf, print, printTable } from '#test/campaigns/figures.js';
import { damages } from '#test/faults/damages.js';
import { type Found, type Judgement, judge } from '#test/faults/judge-damage.js';
import { type WrittenLog, writeLog } from '#test/faults/written-log.js';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
  },
});

const damagesPerLog = 1_000;

type Row = Record<Found | 'done' | 'broken', number>;

const [first, count] = [Number(values.seed), Number(values.count)];
const rows: Record<string, Row> = {};
const broken: Judgement[] = [];
const started = performance.now();
let log: WrittenLog | undefined;
for (let seed = first; seed < first + count; seed += 1) {
  if (log === undefined || seed % damagesPerLog === 0) log = writeLog(Math.floor(seed / damagesPerLog));
  note(judge(log, seed));
}
printTable({ ...rows, together: sum(Object.values(rows)) });
print(
  JSON.stringify({
    campaign: 'damage',
    commit: commitOf(),
    seed: first,
    count,
    seconds: Math.round((performance.now() - started) / 1_000),
    ...sum(Object.values(rows)),
    kinds: damages.length,
    evidence: broken.slice(0, 20),
  }),
);
process.exitCode = broken.length === 0 ? 0 : 1;

function note(judgement: Judgement): void {
  const row = rowOf(judgement.name);
  row.done += 1;
  row[judgement.found] += 1;
  if (judgement.broken.length === 0) return;
  row.broken += 1;
  broken.push(judgement);
}

function rowOf(name: string): Row {
  rows[name] ??= nothing();
  return rows[name];
}

function nothing(): Row {
  return { done: 0, 'at boot': 0, 'by verify': 0, harmless: 0, broken: 0 };
}

function sum(all: readonly Row[]): Row {
  const total = nothing();
  for (const row of all) {
    for (const column of Object.keys(total) as (keyof Row)[]) total[column] += row[column];
  }
  return total;
}
