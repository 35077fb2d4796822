// A new master key takes over while codes are verified, in a process that may be killed at any moment.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { newMasterKeyLine } from '#secrets/master-keys.js';
import { assertMasterKeys, rotateMasterKey, unusedMasterKeys } from '#secrets/rotate.js';
import { type Engines, openEngines, openHouseOn } from '#test/faults/embedded-house.js';
import {
  lostKeys,
  masterKeysOf,
  type Population,
  populate,
  rotateAndBeKilled,
  rotateUnderLoad,
  verifyAllTheTime,
} from '#test/faults/rotation-under-load.js';

const keys = 1_000;
const [oldLine, newLine] = ['old', 'new'].map(newMasterKeyLine) as [string, string];
const before = masterKeysOf(oldLine);
const both = masterKeysOf(newLine, oldLine);
const after = masterKeysOf(newLine);

let scratch: string;
let directory: string;
let engines: Engines;
let population: Population;
beforeEach(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'countersign-rotation-'));
  directory = join(scratch, 'data');
  engines = await openEngines(directory);
  population = await populate(engines, before.keysBy, { people: 100, keys });
});
afterEach(async () => {
  await engines.close();
  rmSync(scratch, { recursive: true });
});

const lostWith = ({ keysBy }: typeof both) => lostKeys(engines.store, population.keyIds, keysBy);
const unused = () => unusedMasterKeys(engines.store, both.keysBy);
const verifyOnce = ({ keysBy }: typeof both) =>
  verifyAllTheTime(engines, { ...population, keysBy, isOver: () => true });

async function killed(rewraps: number, when: 'before' | 'after'): Promise<number> {
  await engines.close();
  await rotateAndBeKilled(directory, scratch, { file: both.file, rewraps, when });
  engines = await openEngines(directory);
  return (await engines.store.countByMasterKey()).get('old') ?? 0;
}

describe(`a new master key that takes over ${keys} data keys`, () => {
  it('lets every code pass meanwhile, and afterwards without the old one', async () => {
    const { rewrapped, verified } = await rotateUnderLoad(engines, { ...population, keysBy: both.keysBy });
    expect(verified.wrong).toEqual([]);
    expect(verified.right).toBeGreaterThanOrEqual(100);
    // That of names is one more.
    expect(rewrapped).toBe(keys + 1);
    expect(await unused()).toEqual(['old']);
    expect(await lostWith(after)).toEqual([]);
    expect(await verifyOnce(after)).toEqual({ right: 100, wrong: [] });
  });

  it('may be killed anywhere, again and again: nothing is lost, and the old one is in use until the end', async () => {
    let left = keys + 1;
    for (const [rewraps, when] of [
      [0, 'before'],
      [0, 'after'],
      [49, 'after'],
      [50, 'before'],
      [333, 'after'],
    ] as const) {
      const stillOld = await killed(rewraps, when);
      // Others of the same page may have been written, too.
      expect(stillOld).toBeLessThanOrEqual(left - rewraps + 50);
      expect(stillOld).toBeGreaterThan(0);
      left = stillOld;
      expect(await lostWith(both)).toEqual([]);
      expect(await unused()).toEqual([]);
      expect(await verifyOnce(both)).toEqual({ right: 100, wrong: [] });
    }
    expect(left).toBeLessThan(keys);
    const { rewrapped, verified } = await rotateUnderLoad(engines, { ...population, keysBy: both.keysBy });
    expect({ rewrapped, wrong: verified.wrong }).toEqual({ rewrapped: left, wrong: [] });
    expect(await unused()).toEqual(['old']);
    expect(await lostWith(after)).toEqual([]);
  }, 60_000);

  it('is not begun, and no house opens, where a key that is needed is missing: it is named', async () => {
    const needed = {
      name: 'MasterKeyMissing',
      masterKeyId: 'old',
      message: expect.stringContaining('"old"'),
    };
    const { store } = engines;
    await expect(assertMasterKeys(store, after.keysBy)).rejects.toMatchObject(needed);
    await expect(rotateMasterKey({ store, masterKeys: after.keysBy })).rejects.toMatchObject(needed);
    await expect(openHouseOn(engines, after)).rejects.toMatchObject(needed);
    await assertMasterKeys(store, both.keysBy);
  });

  it('which is missed by one data key alone is not reported as unused', async () => {
    await rotateMasterKey({ store: engines.store, masterKeys: both.keysBy });
    expect(await unused()).toEqual(['old']);
    await populateOne();
    expect(await unused()).toEqual([]);
    await expect(assertMasterKeys(engines.store, after.keysBy)).rejects.toThrow('"old"');
    await rotateMasterKey({ store: engines.store, masterKeys: both.keysBy });
    expect(await unused()).toEqual(['old']);
  });
});

/** By a process that still has the old file. */
async function populateOne(): Promise<void> {
  const house = await openHouseOn(engines, { keysBy: { ...both.keysBy, sealing: before.keysBy.sealing } });
  await house.parts.secrets.keys.create('user-late');
  await house.close();
}
