// `npm run campaign:kill -- --cycles 10000`: the kills of the suite, as many as you have time for.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { print } from '#test/campaigns/figures.js';
import { printProgress, report } from '#test/campaigns/report.js';
import { Chance } from '#test/faults/chance.js';
import { checkpointsAllTheTime, plant } from '#test/faults/planted-bugs.js';
import { strikeAgainAndAgain } from '#test/faults/strike-cycles.js';
import type { Tally } from '#test/faults/tally.js';

const { values } = parseArgs({
  options: {
    cycles: { type: 'string', default: '10000' },
    'cycles-per-log': { type: 'string', default: '250' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});

const seed = Number(values.seed);
const cycles = Number(values.cycles);
/** One more in so many, and at least these, with the WAL checkpointed all the time. */
const oneCheckpointedIn = 10;
const checkpointedMin = 20;

async function killAgainAndAgain(directory: string, many: number, root?: string): Promise<Tally> {
  const [logs, journals] = [join(directory, 'logs'), join(directory, 'journals')];
  for (const path of [logs, journals]) mkdirSync(path, { recursive: true });
  return await strikeAgainAndAgain({
    chance: new Chance(seed),
    cycles: many,
    cyclesPerLog: Number(values['cycles-per-log']),
    logs,
    journals,
    strike: (child) => child.kill(),
    onCycle: printProgress,
    ...(root === undefined ? {} : { root }),
  });
}

const scratch = mkdtempSync(join(tmpdir(), 'countersign-kill-campaign-'));
print(`seed ${seed}`);
const started = performance.now();
const asItIs = await killAgainAndAgain(join(scratch, 'as-it-is'), cycles);
const root = join(scratch, 'sources');
plant(checkpointsAllTheTime, root);
const many = Math.max(checkpointedMin, Math.ceil(cycles / oneCheckpointedIn));
const checkpoints = await killAgainAndAgain(join(scratch, 'checkpoints'), many, root);

const holds = (tally: Tally) =>
  tally.violationCount === 0 && tally.inFlightWritten > 0 && tally.inFlightAbsent > 0;
const runs = [
  {
    name: 'as it is',
    claim: `${asItIs.cycles} kills lose, double and leave out nothing`,
    tally: asItIs,
    holds: holds(asItIs),
  },
  {
    name: 'checkpoint',
    claim: `nor do ${checkpoints.cycles} while the WAL is checkpointed all the time`,
    tally: checkpoints,
    holds: holds(checkpoints),
  },
];
report({ campaign: 'kill', seed, seconds: Math.round((performance.now() - started) / 1_000), runs });
if (runs.every((run) => run.holds)) rmSync(scratch, { recursive: true });
else print(`the logs with violations are in ${scratch}`);
