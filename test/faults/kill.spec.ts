import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { Chance } from '#test/faults/chance.js';
import { type PlantedBug, plant, plantedBugs } from '#test/faults/planted-bugs.js';
import { type StrikeOptions, strikeAgainAndAgain } from '#test/faults/strike-cycles.js';
import { Tally, type Violation } from '#test/faults/tally.js';

const scratch = mkdtempSync(join(tmpdir(), 'countersign-kill-'));
const seed = Number(process.env.COUNTERSIGN_TEST_SEED ?? Date.now() % 1_000_000);

type Choice = Pick<StrikeOptions, 'cycles' | 'cyclesPerLog'> & Partial<StrikeOptions>;

async function killAgainAndAgain(name: string, choice: Choice): Promise<Tally> {
  const [logs, journals] = [join(scratch, name, 'logs'), join(scratch, name, 'journals')];
  for (const directory of [logs, journals]) mkdirSync(directory, { recursive: true });
  const strike: StrikeOptions['strike'] = (child) => child.kill();
  return await strikeAgainAndAgain({ chance: new Chance(seed), logs, journals, strike, ...choice });
}

beforeAll(() => {
  process.stdout.write(`COUNTERSIGN_TEST_SEED=${seed}\n`);
});

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('a process killed again and again while 64 clients append', () => {
  let tally = new Tally();

  beforeAll(async () => {
    tally = await killAgainAndAgain('as-it-is', { cycles: 100, cyclesPerLog: 34 });
  }, 180_000);

  it('loses no acknowledged event, doubles none and leaves no gap, over 100 kills', () => {
    expect(tally.evidence).toEqual([]);
    expect(tally.violations).toEqual(new Tally().violations);
    expect(tally.cycles).toBe(100);
  });

  it('was killed with appends on their way, of which some were written and some were not', () => {
    expect(tally.struckInFlight).toBeGreaterThan(40);
    expect(tally.inFlightWritten).toBeGreaterThan(0);
    expect(tally.inFlightAbsent).toBeGreaterThan(0);
    expect(tally.inFlightWritten + tally.inFlightAbsent).toBe(tally.inFlight);
  });

  it('answers what was written, and is sent again, as the first time', () => {
    expect(tally.answeredAgain).toBeGreaterThan(0);
  });

  it('was also killed while it opened its log', () => {
    expect(tally.struckWhileOpening).toBeGreaterThan(5);
  });
});

describe('the same kills find a planted bug', () => {
  const finds: readonly (readonly [name: keyof typeof plantedBugs, ...asOneOf: Violation[]])[] = [
    ['acknowledged before the commit', 'lost', 'refused'],
    ['head mark moved before the commit', 'not-opened'],
    ['expected revision ignored', 'duplicated', 'unintended', 'lost', 'misplaced'],
    ['a retry not recognised', 'refused', 'refused-though-written'],
    ['a retry with other ids', 'refused'],
  ];

  it.each(finds)(
    '%s',
    async (name, ...asOneOf) => {
      const bug: PlantedBug = plantedBugs[name];
      const root = join(scratch, name);
      plant(bug, root);
      const choice = { root, cycles: 100, cyclesPerLog: 100, violationsMax: 1 };
      const { evidence } = await killAgainAndAgain(`${name}-logs`, choice);
      expect(evidence.join('\n')).toMatch(new RegExp(`^(${asOneOf.join('|')}): `, 'm'));
    },
    60_000,
  );
});
