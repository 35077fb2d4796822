// The lanes of hashes: how full they are, and how long a hash takes with its wait.

import { type HashLane, HashLaneFull } from '#secrets/hash-lane.js';
import type { Counter, Histogram, Registry } from '#telemetry/registry.js';

export type Hashes = Pick<HashLane, 'busyForMs' | 'hash' | 'verify' | 'verifyDummy'>;

const durationBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export class HashMetrics {
  readonly #duration: Histogram;
  readonly #refused: Counter;
  readonly #lanes: HashLane[] = [];

  constructor(registry: Registry) {
    const running = registry
      .gauge({ name: 'countersign_hashes_running', help: 'Hashes that are being made or compared.' })
      .of();
    const waiting = registry
      .gauge({ name: 'countersign_hashes_waiting', help: 'Hashes that wait for their turn.' })
      .of();
    registry.beforeText(() => {
      // Those of one opening are beside each other, and each says what runs in all of them. What was opened in vain before
      // runs nothing.
      running.set(Math.max(0, ...this.#lanes.map((lane) => lane.running)));
      waiting.set(this.#lanes.reduce((sum, lane) => sum + lane.waiting, 0));
    });
    this.#duration = registry
      .histogram(
        {
          name: 'countersign_hash_duration_seconds',
          help: 'From asking for a hash to having it, its wait included.',
        },
        durationBounds,
      )
      .of();
    this.#refused = registry
      .counter({
        name: 'countersign_hashes_refused_total',
        help: 'Hashes that were not made, because too many were waiting.',
      })
      .of();
  }

  /** The same lane, measured. */
  over(lane: HashLane): Hashes {
    this.#lanes.push(lane);
    return {
      busyForMs: () => {
        const busyForMs = lane.busyForMs();
        if (busyForMs !== null) this.#refused.inc();
        return busyForMs;
      },
      hash: (text, workFactor) => this.#timed(lane.hash(text, workFactor)),
      verify: (stored, text) => this.#timed(lane.verify(stored, text)),
      verifyDummy: (text, workFactor) => this.#timed(lane.verifyDummy(text, workFactor)),
    };
  }

  async #timed<Result>(hash: Promise<Result>): Promise<Result> {
    const started = performance.now();
    try {
      const made = await hash;
      this.#duration.observe((performance.now() - started) / 1_000);
      return made;
    } catch (error) {
      if (error instanceof HashLaneFull) this.#refused.inc();
      throw error;
    }
  }
}
