// `npm run campaign:key-rotation -- --keys 100000 --seed 1`: the master key over so many data keys is replaced while
// codes are verified, killed now and then, and again until `--verifies` codes were verified meanwhile.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { newMasterKeyLine } from '#secrets/master-keys.js';
import { unusedMasterKeys } from '#secrets/rotate.js';
import { commitOf, print } from '#test/campaigns/figures.js';
import { Chance } from '#test/faults/chance.js';
import { openEngines } from '#test/faults/embedded-house.js';
import {
  lostKeys,
  masterKeysOf,
  populate,
  rotateAndBeKilled,
  rotateUnderLoad,
} from '#test/faults/rotation-under-load.js';

const { values } = parseArgs({
  options: {
    keys: { type: 'string', default: '100000' },
    people: { type: 'string', default: '1000' },
    kills: { type: 'string', default: '3' },
    verifies: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});

const [keys, people, kills, verifies, seed] = (['keys', 'people', 'kills', 'verifies', 'seed'] as const).map(
  (name) => Number(values[name]),
) as [number, number, number, number, number];
const chance = new Chance(seed);
const started = performance.now();
const scratch = mkdtempSync(join(tmpdir(), 'countersign-rotation-campaign-'));
const directory = join(scratch, 'data');
const figures = { rotations: 0, killed: 0, rewrapped: 0, verified: 0, failed: 0, lost: 0, unusedTooEarly: 0 };

print(`seed ${seed}, commit ${commitOf()}`);
let engines = await openEngines(directory);
let line = newMasterKeyLine('m0');
const { keyIds, ...others } = await populate(engines, masterKeysOf(line).keysBy, { people, keys });
print(`${keys} keys, ${people} of them of people who verify codes`);

while (figures.verified < verifies) {
  const newLine = newMasterKeyLine(`m${figures.rotations + 1}`);
  const { file, keysBy } = masterKeysOf(newLine, line);
  for (let kill = 0; kill < kills; kill += 1) {
    const rewraps = chance.below(Math.ceil(keys / (kills + 1)));
    const when = chance.pick(['before', 'after'] as const);
    await engines.close();
    await rotateAndBeKilled(directory, scratch, { file, rewraps, when });
    engines = await openEngines(directory);
    figures.killed += 1;
    figures.unusedTooEarly += (await unusedMasterKeys(engines.store, keysBy)).length;
  }
  const rotated = await rotateUnderLoad(engines, { ...others, keysBy });
  figures.rotations += 1;
  figures.rewrapped += rotated.rewrapped;
  figures.verified += rotated.verified.right;
  figures.failed += rotated.verified.wrong.length;
  for (const told of rotated.verified.wrong.slice(0, 5)) print(`NO   ${told}`);
  if ((await unusedMasterKeys(engines.store, keysBy)).length !== 1) figures.lost += 1;
  line = newLine;
  figures.lost += (await lostKeys(engines.store, keyIds, masterKeysOf(line).keysBy)).length;
  print(JSON.stringify(figures));
}
await engines.close();
rmSync(scratch, { recursive: true });

const seconds = Math.round((performance.now() - started) / 1_000);
print(JSON.stringify({ campaign: 'key-rotation', seed, commit: commitOf(), seconds, keys, ...figures }));
process.exitCode = figures.failed + figures.lost + figures.unusedTooEarly === 0 ? 0 : 1;
