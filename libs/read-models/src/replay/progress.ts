// How far a replay is, and when it may be there.

import type { Position } from '#event-log/event-log.js';
import { logStart } from '#event-log/event-log.js';
import { Rate } from '#read-models/rate.js';

export interface Progress {
  readonly done: number;
  /** Null where the engine's positions count nothing. */
  readonly total: number | null;
  readonly unit: 'events' | 'bytes';
  readonly eventsPerSecond: number;
  /** Null while nothing moves. */
  readonly etaSeconds: number | null;
}

/** What lies between the start of the log and a position, where the engine counts that. */
export interface Measure {
  readonly unit: 'events' | 'bytes';
  readonly upTo: (position: Position) => number;
}

export class ProgressMeter {
  readonly #measure: Measure | null;
  readonly #rate = new Rate();
  /** Of what is measured. */
  readonly #speed = new Rate();
  #position = logStart;
  #target = logStart;
  #events = 0;

  constructor(measure: Measure | null) {
    this.#measure = measure;
  }

  get position(): Position {
    return this.#position;
  }

  begin(position: Position, events: number): void {
    this.#position = position;
    this.#events = events;
  }

  aimAt(target: Position): void {
    if (target > this.#target) this.#target = target;
  }

  move(position: Position, events: number): void {
    this.#speed.add(this.#upTo(position) - this.#upTo(this.#position));
    this.#rate.add(events);
    this.#position = position;
    this.#events += events;
  }

  get(): Progress {
    const done = this.#measure === null ? this.#events : this.#upTo(this.#position);
    const total = this.#measure === null ? null : Math.max(done, this.#upTo(this.#target));
    const speed = this.#speed.perSecond();
    return {
      done,
      total,
      unit: this.#measure?.unit ?? 'events',
      eventsPerSecond: this.#rate.perSecond(),
      etaSeconds: total === null || speed === 0 ? null : (total - done) / speed,
    };
  }

  #upTo(position: Position): number {
    return position === logStart ? 0 : (this.#measure?.upTo(position) ?? 0);
  }
}
