import type { Counter, Registry } from '#telemetry/registry.js';

export class PolicyMetrics {
  readonly #failed: Counter;

  constructor(registry: Registry) {
    this.#failed = registry
      .counter({
        name: 'countersign_policy_failures_total',
        help: 'Calls that were refused because a policy of an organization could not be evaluated.',
      })
      .of();
  }

  failed(): void {
    this.#failed.inc();
  }
}
