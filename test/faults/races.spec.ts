import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { EventLog } from '#event-log/event-log.js';
import { InMemoryEventLog } from '#event-log/in-memory.js';
import { SqliteEventLog } from '#event-log-sqlite/sqlite-event-log.js';
import { everyOrder } from '#test/faults/interleavings.js';
import { raceControls } from '#test/faults/race-controls.js';
import { raceRotations } from '#test/faults/race-rotation.js';
import { type Race, races } from '#test/faults/races.js';
import { runRaces } from '#test/faults/run-races.js';

const seed = Number(process.env.COUNTERSIGN_TEST_SEED ?? Date.now() % 1_000_000);
const scratch = mkdtempSync(join(tmpdir(), 'countersign-races-'));
const shortly = 60;
const short = { races: shortly, seed };
const table = races.map((race) => [`${race.rule}: ${race.claim}`, race] as const);
const raceOf = (rule: string): Race => races.find((race) => race.rule === rule) as Race;
const clean = { violations: 0, evidence: [] };

beforeAll(() => {
  process.stdout.write(`COUNTERSIGN_TEST_SEED=${seed}\n`);
});

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('on the log in memory, between four houses', () => {
  it.each(table)('%s', async (_, race) => {
    const tally = await runRaces({ race, log: new InMemoryEventLog(), ...short });
    expect(tally).toMatchObject({ ...clean, races: shortly });
  });
});

describe('on the log in memory', () => {
  it('F40: of sixty-four uses of one recovery code one spends it', async () => {
    const race = raceOf('F40');
    const tally = await runRaces({ race, log: new InMemoryEventLog(), races: 2, entrants: 64, seed });
    expect(tally).toMatchObject({ ...clean, races: 2, accepted: 2 });
  });

  it('F44: a code verified while the master key is replaced is right', async () => {
    const tally = await raceRotations(new InMemoryEventLog(), 3);
    expect(tally).toMatchObject({ ...clean, races: 192, accepted: 192 });
  });
});

describe('on the embedded log, between four houses', () => {
  let log: EventLog;
  beforeAll(async () => {
    log = await SqliteEventLog.open({ directory: scratch });
  });
  afterAll(() => log.close());

  it.each(table)('%s', async (_, race) => {
    expect(await runRaces({ race, log, ...short })).toMatchObject({ ...clean, races: shortly });
  });
});

describe('in every order in which two commands can reach the log', () => {
  it.each(table)('%s', async (_, race) => {
    const options = { race, log: new InMemoryEventLog(), entrants: 2, ordersMax: 1_000, seed };
    const cold = await everyOrder({ ...options, isWarm: false });
    const atHand = await everyOrder({ ...options, isWarm: true });
    expect(cold).toMatchObject({ isComplete: true, tally: clean });
    expect(atHand).toMatchObject({ isComplete: true, tally: clean });
  });
});

describe('a planted bug is seen by the same races', () => {
  const run = (rule: string, tampering: (typeof raceControls)[keyof typeof raceControls]) =>
    runRaces({ race: raceOf(rule), log: new InMemoryEventLog(), ...short, tampering });

  it('the expected revision ignored: a code is accepted twice', async () => {
    const tally = await run('F36', raceControls['expected revision ignored']);
    expect(tally.evidence.join()).toMatch(/step \d+ after step/);
  });

  it('the expected revision ignored: in some order of two commands', async () => {
    const { tally } = await everyOrder({
      race: raceOf('F36'),
      log: new InMemoryEventLog(),
      entrants: 2,
      isWarm: false,
      ordersMax: 1_000,
      seed,
      tampering: raceControls['expected revision ignored'],
    });
    expect(tally.violations).toBeGreaterThan(0);
    expect(tally.violations).toBeLessThan(tally.races);
  });

  it('the failure dropped on refusal: what was told is not recorded', async () => {
    const tally = await run('F38', raceControls['the failure dropped on refusal']);
    expect(tally.evidence.join()).toMatch('wrong-code, and 0 failures are recorded');
  });

  it('the spelling compared before it is read: a code is accepted in each of its spellings', async () => {
    const tally = await run('F36', raceControls['the spelling compared before it is read']);
    expect(tally.evidence.join()).toMatch(/F36 \d+ instead of 1/);
  });
});
