// `npm run campaign:races -- --races 10000 --seed 1`: the races of the suite, on both logs, and every order of up
// to four commands, or, where those are more than `--orders`, as many of them and as many again that are drawn.
// `--rule` takes one rule, `--part 2/3` the second third of the table.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import type { EventLog } from '#event-log/event-log.js';
import { InMemoryEventLog } from '#event-log/in-memory.js';
import { SqliteEventLog } from '#event-log-sqlite/sqlite-event-log.js';
import { commitOf, print, printTable } from '#test/campaigns/figures.js';
import { everyOrder } from '#test/faults/interleavings.js';
import { raceRotations } from '#test/faults/race-rotation.js';
import { type Race, races } from '#test/faults/races.js';
import { type RaceTally, runRaces } from '#test/faults/run-races.js';

const { values } = parseArgs({
  options: {
    races: { type: 'string', default: '10000' },
    orders: { type: 'string', default: '4000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    rule: { type: 'string', default: '' },
    part: { type: 'string', default: '1/1' },
  },
});

interface Run {
  readonly rule: string;
  readonly claim: string;
  readonly where: string;
  readonly isComplete: boolean | null;
  readonly tally: RaceTally;
}

const seed = Number(values.seed);
const manyRaces = Number(values.races);
const ordersMax = Number(values.orders);
/** A log in memory that holds all races of a rule would fill it. */
const racesPerLog = 2_000;
const runs: Run[] = [];
const [part = 1, parts = 1] = values.part.split('/').map(Number);

function tell(run: Run): void {
  runs.push(run);
  const { rule, claim, where, tally } = run;
  print(`${tally.violations === 0 ? 'yes' : 'NO '}  ${rule} ${where}: ${claim} (${tally.races} races)`);
  for (const text of tally.evidence) print(`     ${text}`);
}

async function onLog(race: Race, where: string, open: (part: number) => Promise<EventLog>): Promise<void> {
  for (let done = 0, part = 0; done < manyRaces; done += racesPerLog, part += 1) {
    const log = await open(part);
    const many = Math.min(racesPerLog, manyRaces - done);
    const tally = await runRaces({ race, log, races: many, seed: seed + part });
    await log.close();
    tell({ rule: race.rule, claim: race.claim, where, isComplete: null, tally });
  }
}

async function inEveryOrder(race: Race): Promise<void> {
  for (const entrants of [2, 3, 4].filter((many) => many <= race.entrantsMax)) {
    for (const isWarm of [false, true]) {
      const options = { race, log: new InMemoryEventLog(), entrants, isWarm, ordersMax, seed };
      const { tally, isComplete } = await everyOrder(options);
      const where = `${entrants} commands, ${isWarm ? 'warm' : 'cold'}, ${isComplete ? 'all' : 'drawn'} orders`;
      tell({ rule: race.rule, claim: race.claim, where, isComplete, tally });
    }
  }
}

const scratch = mkdtempSync(join(tmpdir(), 'countersign-races-campaign-'));
print(`seed ${seed}, commit ${commitOf()}`);
const started = performance.now();
for (const [index, race] of races.entries()) {
  if (!race.rule.includes(values.rule) || index % parts !== part - 1) continue;
  await onLog(race, 'in memory', async () => new InMemoryEventLog());
  const directory = (part: number) => join(scratch, `${index}-${part}`);
  await onLog(race, 'embedded', (part) => SqliteEventLog.open({ directory: directory(part) }));
  await inEveryOrder(race);
}
if ('F44'.includes(values.rule) && part === 1) {
  const tally = await raceRotations(new InMemoryEventLog(), Math.ceil(manyRaces / 64));
  tell({
    rule: 'F44',
    claim: 'codes while the master key is replaced',
    where: 'in memory',
    isComplete: null,
    tally,
  });
}
rmSync(scratch, { recursive: true });

const rows = runs.map(({ rule, where, tally: { evidence: _, ...figures } }, index) => [
  `${index + 1} ${rule} ${where}`,
  { ...figures },
]);
printTable(Object.fromEntries(rows));
const seconds = Math.round((performance.now() - started) / 1_000);
const violations = runs.reduce((sum, { tally }) => sum + tally.violations, 0);
print(
  JSON.stringify({ campaign: 'races', seed, commit: commitOf(), node: process.version, seconds, violations }),
);
process.exitCode = violations === 0 ? 0 : 1;
