// Every order in which the reads and appends of a few commands can reach the log, one after the other: each
// command has a house of its own, and waits before each of its steps until it is let on.

import type { Secrets } from '#application/parts.js';
import type { EventLog } from '#event-log/event-log.js';
import { logWith } from '#event-log/log-with.js';
import { Chance } from '#test/faults/chance.js';
import { type Neighbours, openNeighbours, type Tampering } from '#test/faults/race-houses.js';
import type { Race } from '#test/faults/races.js';
import { enter, judged, RaceTally, warm } from '#test/faults/run-races.js';

export interface EveryOrderOptions {
  readonly race: Race;
  readonly log: EventLog;
  readonly entrants: number;
  /** Whether the houses have the user at hand when it begins. */
  readonly isWarm: boolean;
  readonly ordersMax: number;
  readonly seed: number;
  readonly tampering?: Tampering;
}

export interface EveryOrder {
  readonly tally: RaceTally;
  /** False where there are more orders than were allowed. */
  readonly isComplete: boolean;
}

export async function everyOrder(options: EveryOrderOptions): Promise<EveryOrder> {
  const { log, entrants, ordersMax, tampering } = options;
  const tally = new RaceTally();
  const gate = new Gate();
  const gates = { gate, keysToo: options.race.touchesKeys === true };
  const neighbours = await openNeighbours({ log, houses: entrants, tampering: gated(gates, tampering) });
  const choices = new Choices();
  const chance = new Chance(options.seed);
  const race = async (choose: Choose) => {
    const { found, told } = await inOneOrder(options, neighbours, { gate, choose });
    tally.add(found, told);
  };
  let isComplete = false;
  try {
    while (!isComplete && tally.races < ordersMax) {
      await race((many) => choices.of(many));
      isComplete = !choices.next();
    }
    // The first of too many orders are much alike: as many again are drawn.
    for (let drawn = 0; !isComplete && drawn < ordersMax; drawn += 1)
      await race((many) => chance.below(many));
  } finally {
    await neighbours.close();
  }
  tally.retries = neighbours.conflicts.count;
  return { tally, isComplete };
}

async function inOneOrder(
  { race, entrants, isWarm, seed }: EveryOrderOptions,
  neighbours: Neighbours,
  { gate, choose }: { readonly gate: Gate; readonly choose: Choose },
) {
  const prepared = await race.prepare(neighbours, entrants, new Chance(seed));
  if (isWarm) await warm(prepared, neighbours.houses);
  gate.close(prepared.person.stream);
  let finished = 0;
  const told = prepared.entrants.map(async (entrant, index) => {
    const one = await enter(entrant, neighbours.houses[index % neighbours.houses.length] as never);
    finished += 1;
    return one;
  });
  while (finished < told.length) {
    if (gate.waiting + finished < told.length) await new Promise(setImmediate);
    else gate.letOn(choose(gate.waiting));
  }
  gate.open();
  return judged(race, neighbours.log, prepared, await Promise.all(told));
}

type Choose = (many: number) => number;

/** Where the steps of a race wait; those of what prepares it pass. */
class Gate {
  #closedFor: string | null = null;
  readonly #waiting = new Map<number, () => void>();

  get waiting(): number {
    return this.#waiting.size;
  }

  close(stream: string): void {
    this.#closedFor = stream;
  }

  open(): void {
    this.#closedFor = null;
  }

  pass(stream: string, house: number): Promise<void> | null {
    if (stream !== this.#closedFor) return null;
    return new Promise((resolve) => this.#waiting.set(house, resolve));
  }

  letOn(chosen: number): void {
    const house = [...this.#waiting.keys()].sort()[chosen] ?? -1;
    const resume = this.#waiting.get(house);
    this.#waiting.delete(house);
    resume?.();
  }
}

/** What was chosen so far, and of how many: counted up like the digits of a number until all were had. */
class Choices {
  #path: { chosen: number; readonly of: number }[] = [];
  #depth = 0;

  of(many: number): number {
    const known = this.#path[this.#depth];
    if (known !== undefined && known.of !== many) throw new Error('the same choices led somewhere else');
    if (known === undefined) this.#path.push({ chosen: 0, of: many });
    this.#depth += 1;
    return known?.chosen ?? 0;
  }

  /** False when there is no other order left. */
  next(): boolean {
    this.#depth = 0;
    while (this.#path.length > 0) {
      const last = this.#path.at(-1) as { chosen: number; readonly of: number };
      last.chosen += 1;
      if (last.chosen < last.of) return true;
      this.#path.pop();
    }
    return false;
  }
}

interface Gates {
  readonly gate: Gate;
  /** Where no key is made or erased, reading one is no step. */
  readonly keysToo: boolean;
}

function gated({ gate, keysToo }: Gates, tampering: Tampering = {}): Tampering {
  return {
    log: (log, house) => {
      const inner = tampering.log?.(log, house) ?? log;
      return logWith(inner, {
        append: async (stream, events, expected) => {
          await gate.pass(stream, house);
          return inner.append(stream, events, expected);
        },
        readStream: async (stream, options) => {
          await gate.pass(stream, house);
          return inner.readStream(stream, options);
        },
      });
    },
    secrets: (secrets, house) => {
      const inner = tampering.secrets?.(secrets, house) ?? secrets;
      return keysToo ? { ...inner, keys: gatedKeys(gate, inner.keys, house) } : inner;
    },
  };
}

function gatedKeys(gate: Gate, keys: Secrets['keys'], house: number): Secrets['keys'] {
  return {
    create: (subject) => keys.create(subject),
    get: async (subject) => {
      await gate.pass(subject, house);
      return keys.get(subject);
    },
    erase: async (subject) => {
      await gate.pass(subject, house);
      return keys.erase(subject);
    },
  };
}
