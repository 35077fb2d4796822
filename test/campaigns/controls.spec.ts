import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from '@jest/globals';

import { controls } from '#test/campaigns/controls.js';
import { checkpointsAllTheTime, plantedBugs } from '#test/faults/planted-bugs.js';

const root = join(import.meta.dirname, '..', '..');
const bugs = [...Object.values(controls), ...Object.values(plantedBugs), checkpointsAllTheTime];

function timesIn({ file, from }: { readonly file: string; readonly from: string }): number {
  return readFileSync(join(root, file), 'utf8').split(from).length - 1;
}

it('every bug that is planted still finds its place in the sources, once', () => {
  const misplaced = bugs.flatMap(({ edits }) => edits).filter((edit) => timesIn(edit) !== 1);
  expect(misplaced).toEqual([]);
});

it('every spec that is to show one is there', () => {
  const unread = Object.values(controls).filter(({ spec }) => readFileSync(join(root, spec)).length === 0);
  expect(unread).toEqual([]);
});
