// `npm run campaign:power-loss`, as root: the power is lost while 64 clients append. Killing a process
// proves nothing about durability, since the operating system keeps what was written and not synced.
// The controls show that these losses are real: without the syncs, the same run loses what was acknowledged.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { print } from '#test/campaigns/figures.js';
import { LoopDisk, lackingForLoopDisk } from '#test/campaigns/loop-disk.js';
import { type CampaignRun, printProgress, report } from '#test/campaigns/report.js';
import { Chance } from '#test/faults/chance.js';
import { checkpointsAllTheTime, type PlantedBug, plant, plantedBugs } from '#test/faults/planted-bugs.js';
import { strikeAgainAndAgain } from '#test/faults/strike-cycles.js';
import type { Tally } from '#test/faults/tally.js';

const { values } = parseArgs({
  options: {
    losses: { type: 'string', default: '100' },
    'control-losses': { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});

const diskMebibytes = 1_024;
/** What is told while the disk vanishes; SQLite calls a page that cannot be read corrupt. */
const excused = ['outcome-unknown', 'unavailable', 'corrupt'] as const;
const lossesPerLog = 25;
const seed = Number(values.seed);
const [losses, controlLosses] = [Number(values.losses), Number(values['control-losses'])];

interface Run {
  readonly name: string;
  readonly cycles: number;
  readonly edits?: PlantedBug;
}

async function losePowerAgainAndAgain(scratch: string, { name, cycles, edits }: Run): Promise<Tally> {
  const own = join(scratch, name);
  const [journals, root] = [join(own, 'journals'), join(own, 'sources')];
  mkdirSync(journals, { recursive: true });
  if (edits !== undefined) plant(edits, root);
  const disk = new LoopDisk(own, diskMebibytes);
  try {
    return await strikeAgainAndAgain({
      chance: new Chance(seed),
      cycles,
      cyclesPerLog: lossesPerLog,
      logs: disk.path,
      journals,
      strike: async (child) => {
        disk.losePower();
        await child.end();
        disk.restart();
      },
      excused,
      onCycle: printProgress,
      ...(edits === undefined ? {} : { root }),
    });
  } finally {
    disk.dispose();
  }
}

async function campaign(scratch: string): Promise<CampaignRun[]> {
  const run = (name: string, cycles: number, edits?: PlantedBug) =>
    losePowerAgainAndAgain(scratch, { name, cycles, ...(edits === undefined ? {} : { edits }) });
  const asItIs = await run('as it is', losses);
  const checkpoints = await run('checkpoint', controlLosses, checkpointsAllTheTime);
  const unsynced = await run('unsynced', controlLosses, plantedBugs['commits not synced']);
  const unmarked = await run('unmarked', controlLosses, plantedBugs['head mark not synced']);
  return [
    {
      name: 'as it is',
      claim: `${asItIs.cycles} power losses lose, double and leave out nothing`,
      tally: asItIs,
      holds: asItIs.violationCount === 0 && asItIs.inFlightWritten > 0 && asItIs.inFlightAbsent > 0,
    },
    {
      name: 'checkpoint',
      claim: `nor do ${checkpoints.cycles} while the WAL is checkpointed all the time`,
      tally: checkpoints,
      holds: checkpoints.violationCount === 0,
    },
    {
      name: 'unsynced',
      claim: 'control: with synchronous=NORMAL the same losses lose what was acknowledged',
      tally: unsynced,
      holds: unsynced.violations.lost > 0,
    },
    {
      name: 'unmarked',
      claim: 'control: a head mark that is never synced is behind the log, and no log is taken for damaged',
      tally: unmarked,
      holds: unmarked.violationCount === 0,
    },
  ];
}

const lacking = lackingForLoopDisk();
if (lacking === undefined) {
  print(`seed ${seed}`);
  const scratch = mkdtempSync(join(tmpdir(), 'countersign-power-loss-'));
  const started = performance.now();
  try {
    const runs = await campaign(scratch);
    const seconds = Math.round((performance.now() - started) / 1_000);
    report({ campaign: 'power loss', seed, seconds, runs });
  } finally {
    rmSync(scratch, { recursive: true });
  }
} else {
  print(`the power-loss campaign needs ${lacking}`);
  process.exitCode = 2;
}
