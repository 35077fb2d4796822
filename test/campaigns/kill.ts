// `npm run campaign:kill -- --cycles 10000`: the kills of the suite, as many as you have time for.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { print } from '#test/campaigns/figures.js';
import { printProgress, report } from '#test/campaigns/report.js';
import { Chance } from '#test/faults/chance.js';
import { strikeAgainAndAgain } from '#test/faults/strike-cycles.js';

const { values } = parseArgs({
  options: {
    cycles: { type: 'string', default: '10000' },
    'cycles-per-log': { type: 'string', default: '250' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});

const seed = Number(values.seed);
const scratch = mkdtempSync(join(tmpdir(), 'countersign-kill-campaign-'));
const [logs, journals] = [join(scratch, 'logs'), join(scratch, 'journals')];
for (const directory of [logs, journals]) mkdirSync(directory);
print(`seed ${seed}`);

const started = performance.now();
const tally = await strikeAgainAndAgain({
  chance: new Chance(seed),
  cycles: Number(values.cycles),
  cyclesPerLog: Number(values['cycles-per-log']),
  logs,
  journals,
  strike: (child) => child.kill(),
  onCycle: printProgress,
});
const holds = tally.violationCount === 0 && tally.inFlightWritten > 0 && tally.inFlightAbsent > 0;
report({
  campaign: 'kill',
  seed,
  seconds: Math.round((performance.now() - started) / 1_000),
  runs: [
    { name: 'as it is', claim: `${tally.cycles} kills lose, double and leave out nothing`, tally, holds },
  ],
});
if (holds) rmSync(scratch, { recursive: true });
else print(`the logs with violations are in ${logs}`);
