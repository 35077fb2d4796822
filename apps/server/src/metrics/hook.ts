// What the delivery hook does. Nothing is told where there is none.

import type { Counter, Registry } from '#telemetry/registry.js';

const outcomes = ['delivered', 'failed', 'given-up'] as const;
type Outcome = (typeof outcomes)[number];

export interface WatchedHook {
  readonly waiting: number;
  readonly oldestAt: number | null;
}

export class HookMetrics {
  readonly #registry: Registry;
  readonly #deliveries: (outcome: Outcome) => Counter;
  readonly #waiting;
  readonly #lag;

  constructor(registry: Registry) {
    this.#registry = registry;
    const deliveries = registry.counter({
      name: 'countersign_hook_deliveries_total',
      help: 'Attempts to deliver a notice, and notices that were given up.',
      labels: { outcome: new Set(outcomes) },
    });
    this.#deliveries = (outcome) => deliveries.of(outcome);
    this.#waiting = registry.gauge({
      name: 'countersign_hook_waiting',
      help: 'Events that may be told and were not yet, of the server that delivers.',
    });
    this.#lag = registry.gauge({
      name: 'countersign_hook_lag_seconds',
      help: 'Age of the event that waits longest, of the server that delivers.',
    });
  }

  watch(hook: WatchedHook): void {
    for (const outcome of outcomes) this.#deliveries(outcome);
    const [waiting, lag] = [this.#waiting.of(), this.#lag.of()];
    this.#registry.beforeText(() => {
      const { oldestAt } = hook;
      waiting.set(hook.waiting);
      lag.set(oldestAt === null ? 0 : Math.max(0, (Date.now() - oldestAt) / 1_000));
    });
  }

  delivered(): void {
    this.#deliveries('delivered').inc();
  }

  failed(): void {
    this.#deliveries('failed').inc();
  }

  givenUp(): void {
    this.#deliveries('given-up').inc();
  }
}
