// What is ordered of parked streams, one after the other: each finds its stream where the one before left it, so that no
// event is left out that nobody has named.

import type { LiveRunner } from '#read-models/live-runner.js';
import type { GoneOn } from '#read-models/stream-replay.js';

export interface ParkedOrder {
  readonly how: 'retry' | 'skip';
  readonly stream: string;
  /** Of the event that it is parked at, as far as whoever orders it knows. */
  readonly position: string;
}

type Parking = Pick<LiveRunner, 'status' | 'unpark' | 'skip'>;

export class ParkedOrders {
  #last: Promise<unknown> = Promise.resolve();

  give(runner: Parking, order: ParkedOrder): Promise<GoneOn> {
    const given = this.#last.then(() => carryOut(runner, order));
    this.#last = given.catch(() => undefined);
    return given;
  }
}

async function carryOut(runner: Parking, { how, stream, position }: ParkedOrder): Promise<GoneOn> {
  const { parked } = await runner.status();
  if (!parked.some((one) => one.stream === stream && one.position === position)) return 'not-parked';
  return how === 'retry' ? runner.unpark(stream) : runner.skip(stream);
}
