// The streams of a build that wait for an operator, and which events are to be made into rows meanwhile. One that leaves
// nothing of what came before it in its stream is due in any case: whoever is erased is not to wait for somebody who
// looks after a parked stream.

import type { RecordedEvent } from '#event-log/event-log.js';
import type { Projection } from '#read-models/projection.js';
import type { ParkedStream, Parking } from '#read-models/store.js';

export interface Due {
  readonly events: readonly RecordedEvent[];
  /** Of the streams that are not parked any more once these events are in the rows. */
  readonly parking: readonly Parking[];
}

export class ParkedStreams {
  readonly #endings: ReadonlySet<string>;
  readonly #parked: Map<string, ParkedStream>;

  constructor({ endings = [] }: Projection, parked: readonly ParkedStream[] = []) {
    this.#endings = new Set(endings);
    this.#parked = new Map(parked.map((one) => [one.stream, one]));
  }

  all(): readonly ParkedStream[] {
    return [...this.#parked.values()];
  }

  of(stream: string): ParkedStream | undefined {
    return this.#parked.get(stream);
  }

  /** What was written with a batch. */
  note(parking: readonly Parking[]): void {
    for (const { stream, parked } of parking) {
      if (parked === null) this.#parked.delete(stream);
      else this.#parked.set(stream, { ...parked, stream });
    }
  }

  dueOf(events: readonly RecordedEvent[]): Due {
    if (this.#parked.size === 0) return { events, parking: [] };
    const ended = new Set<string>();
    const due = events.filter(({ stream, type }) => {
      if (!this.#parked.has(stream) || ended.has(stream)) return true;
      if (!this.#endings.has(type)) return false;
      ended.add(stream);
      return true;
    });
    return { events: due, parking: [...ended].map((stream) => ({ stream, parked: null })) };
  }
}
