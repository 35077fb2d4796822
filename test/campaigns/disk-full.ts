// `npm run campaign:disk-full -- --rounds 20` as root: fills the disk under a new
// log at many levels in each round; every second round while the WAL is long.

import { parseArgs } from 'node:util';

import { commitOf, print, printTable } from '#test/campaigns/figures.js';
import { Chance } from '#test/faults/chance.js';
import { fillAndEmpty } from '#test/faults/full-disk-trial.js';
import { lackingForSmallDisk, SmallDisk } from '#test/faults/small-disk.js';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '20' }, seed: { type: 'string', default: '1' } },
});

const lacking = lackingForSmallDisk();
if (lacking !== undefined) throw new Error(lacking);
const chance = new Chance(Number(values.seed));
const sums: Record<string, number> = {};
const evidence: string[] = [];
for (let round = 0; round < Number(values.rounds); round += 1) await play(round % 2 === 0 ? 'short' : 'long');
printTable({ together: sums });
print(JSON.stringify({ campaign: 'disk-full', commit: commitOf(), ...values, ...sums, evidence }));
process.exitCode = evidence.length === 0 ? 0 : 1;

async function play(wal: 'short' | 'long'): Promise<void> {
  const disk = new SmallDisk(wal === 'short' ? 16 * 1_024 : 160 * 1_024);
  try {
    const levelsKib = Array.from({ length: 40 }, () => (wal === 'short' ? chance.below(200) : 2_048));
    const { faults, troubles, ...figures } = await fillAndEmpty({
      disk,
      chance,
      levelsKib,
      appendsPerLevel: wal === 'short' ? 8 : 40,
    });
    for (const [name, value] of Object.entries(figures)) sums[name] = (sums[name] ?? 0) + value;
    evidence.push(...faults, ...troubles);
  } finally {
    disk.unmount();
  }
}
