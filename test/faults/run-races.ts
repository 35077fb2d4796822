// Runs races, many at a time, and counts what came out.

import type { House } from '#application/testing/house.js';
import type { EventLog, RecordedEvent } from '#event-log/event-log.js';
import { eventsPerReadMax } from '#event-log/limits.js';
import { newId } from '#secrets/ids.js';
import { Chance } from '#test/faults/chance.js';
import type { Entrant } from '#test/faults/race-entrants.js';
import { type Neighbours, openNeighbours, type Tampering } from '#test/faults/race-houses.js';
import { judge, type Told } from '#test/faults/race-judge.js';
import { counting, type Prepared, type Race } from '#test/faults/races.js';

export class RaceTally {
  races = 0;
  commands = 0;
  accepted = 0;
  /** Appends that came second, and were decided again. */
  retries = 0;
  /** Entrants who lost five times over, and were told so. */
  contended = 0;
  violations = 0;
  readonly evidence: string[] = [];

  add(found: readonly string[], told: readonly Told[]): void {
    const count = counting(told);
    this.races += 1;
    this.commands += told.length;
    this.accepted += count('accepted');
    this.contended += count('contended');
    this.violations += found.length > 0 ? 1 : 0;
    if (this.evidence.length < 5) this.evidence.push(...found.slice(0, 2));
  }
}

export interface RacesOptions {
  readonly race: Race;
  readonly log: EventLog;
  readonly races: number;
  readonly seed: number;
  readonly tampering?: Tampering;
  /** Else as many as chance says. */
  readonly entrants?: number;
}

/** At the same time, for different users: the engine gathers their appends. */
const racesAtOnce = 32;
/** Entrants start within so many turns of the event loop, so that each comes first at times. */
const startTurnsMax = 5;

export async function runRaces(options: RacesOptions): Promise<RaceTally> {
  const { log, races, seed, tampering = {} } = options;
  const tally = new RaceTally();
  const chance = new Chance(seed);
  const neighbours = await openNeighbours({ log, houses: 4, tampering });
  try {
    for (let done = 0; done < races; done += racesAtOnce) {
      const many = Math.min(racesAtOnce, races - done);
      const seeds = Array.from({ length: many }, () => chance.below(2 ** 31));
      const finished = await Promise.all(seeds.map((one) => runOne(options, neighbours, new Chance(one))));
      for (const { found, told } of finished) tally.add(found, told);
    }
  } finally {
    await neighbours.close();
  }
  tally.retries = neighbours.conflicts.count;
  return tally;
}

async function runOne({ race, entrants }: RacesOptions, neighbours: Neighbours, chance: Chance) {
  const many = entrants ?? chance.between(2, race.entrantsMax);
  const prepared = await race.prepare(neighbours, many, chance);
  const houses = neighbours.houses.slice(0, chance.between(2, neighbours.houses.length));
  if (chance.below(2) === 0) await warm(prepared, houses);
  const entering = prepared.entrants.map(async (entrant) => {
    const house = chance.pick(houses);
    for (let turns = chance.below(startTurnsMax); turns > 0; turns -= 1) await new Promise(setImmediate);
    return enter(entrant, house);
  });
  return judged(race, neighbours.log, prepared, await Promise.all(entering));
}

/** A house that has the user at hand decides on that, and has to find out that it is old. */
export async function warm({ person }: Prepared, houses: readonly House[]): Promise<void> {
  await Promise.all(houses.map((house) => house.application.accounts.streams.get(person.stream)));
}

export async function enter(entrant: Entrant, house: House): Promise<Told> {
  const { command } = entrant;
  const call = newId();
  try {
    const answered = await entrant.run(house, call);
    return { call, command, outcome: answered.kind === 'accepted' ? 'accepted' : answered.refusal.code };
  } catch (error) {
    return { call, command, outcome: `exception: ${error}` };
  }
}

export async function judged(
  race: Pick<Race, 'rule'>,
  log: EventLog,
  { person, wrong }: Prepared,
  told: readonly Told[],
): Promise<{ readonly found: readonly string[]; readonly told: readonly Told[] }> {
  const found = judge(await eventsOf(log, person.stream), told);
  const complaint = wrong(counting(told));
  const outcomes = told.map(({ command, outcome }) => `${command} ${outcome}`).join(', ');
  const all = complaint === null ? found : [...found, complaint];
  return { found: all.map((text) => `${race.rule} ${text} (${outcomes.slice(0, 200)})`), told };
}

async function eventsOf(log: EventLog, stream: string): Promise<readonly RecordedEvent[]> {
  const page = await log.readStream(stream, { direction: 'forward', from: 0, limit: eventsPerReadMax });
  return page.status === 'found' ? page.events : [];
}
