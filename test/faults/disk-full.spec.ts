import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it } from '@jest/globals';

import { sample } from '#event-log/contract/samples.js';
import { SqliteEventLog } from '#event-log-sqlite/sqlite-event-log.js';
import { Chance } from '#test/faults/chance.js';
import { fillAndEmpty } from '#test/faults/full-disk-trial.js';
import { faultsAfter, runClient, told } from '#test/faults/one-client.js';
import { lackingForSmallDisk, SmallDisk } from '#test/faults/small-disk.js';

const seed = 2_026;
const lacking = lackingForSmallDisk();

function onSmallDisk(title: string, kib: number, check: (disk: SmallDisk) => Promise<void>): void {
  const run = async () => {
    const disk = new SmallDisk(kib);
    try {
      await check(disk);
    } finally {
      disk.unmount();
    }
  };
  if (lacking === undefined) it(title, run);
  else it.skip(`${title} [gap: ${lacking}]`, run);
}

/** 0, 4, 8 … KiB: whichever write it is, at some level it is the first that finds no space. */
const levelsKib = Array.from({ length: 30 }, (_, level) => level * 4);

onSmallDisk(
  'a full disk refuses appends as unavailable, answers reads, and needs no restart when it has space',
  8 * 1_024,
  async (disk) => {
    const chance = new Chance(seed);
    const figures = await fillAndEmpty({ disk, chance, levelsKib, appendsPerLevel: 6 });
    expect(figures).toMatchObject({ faults: [], troubles: [], levels: levelsKib.length });
    expect(figures.refused).toBeGreaterThan(levelsKib.length);
    expect(figures.acknowledgedAgain).toBeGreaterThan(levelsKib.length);
    expect(figures.readsWhileFull).toBe(levelsKib.length);
    expect(figures.delivered).toBe(figures.events);
  },
);

onSmallDisk(
  'the disk may become full while the WAL is being taken into the file',
  128 * 1_024,
  async (disk) => {
    const chance = new Chance(seed);
    // The first levels make the WAL as large as it gets; then there is no room for what a checkpoint adds to the file.
    const levels = [...Array.from({ length: 5 }, () => 16_384), ...Array.from({ length: 20 }, () => 256)];
    const options = { levelsKib: levels, appendsPerLevel: 50 };
    const figures = await fillAndEmpty({ disk, chance, ...options });
    expect(figures).toMatchObject({ faults: [], troubles: [] });
    expect(figures.fullWhileCheckpointing).toBeGreaterThan(0);
  },
);

onSmallDisk('a log is not opened on a full disk, and is when there is space', 1_024, async (disk) => {
  const directory = join(disk.path, 'log');
  disk.fill(12);
  await expect(SqliteEventLog.open({ directory })).rejects.toMatchObject({ code: 'unavailable' });
  disk.empty();
  const log = await SqliteEventLog.open({ directory });
  await expect(log.append('user-1', [sample()], 'no-stream')).resolves.toMatchObject({ revision: 0 });
  await log.close();
});

it('a file that may not grow any further refuses appends, loses nothing, and answers reads', async () => {
  const scratch = mkdtempSync(join(tmpdir(), 'countersign-size-limit-'));
  try {
    const directory = join(scratch, 'log');
    const order = { directory, appends: 400, bytes: 2_000, patienceMs: 1_000 };
    // In blocks of 512 bytes; it takes hold for the client alone.
    const run = await runClient(order, ['sh', '-c', 'ulimit -f 1024; exec "$@"', 'sh']);
    expect(run).toMatchObject({ end: 'exit 0', errors: '' });
    expect(told(run, 'refused').length).toBeGreaterThan(0);
    expect(new Set(told(run, 'read').map(({ answer }) => answer))).toEqual(new Set(['answered']));
    expect(told(run, 'acknowledged').length).toBeGreaterThan(20);
    expect(told(run, 'acknowledged').length).toBeLessThan(order.appends);
    expect(await faultsAfter(run, directory)).toEqual([]);
  } finally {
    rmSync(scratch, { recursive: true });
  }
});
