// Outcomes of commands: each refusal by its code, among them delays and windows that no event tells of.

import { refusals } from '#application/refusals.js';
import type { Counter, Registry } from '#telemetry/registry.js';

export class CommandMetrics {
  readonly #accepted: Counter;
  readonly #refused: ReadonlyMap<string, Counter>;

  constructor(registry: Registry) {
    this.#accepted = registry
      .counter({ name: 'countersign_commands_accepted_total', help: 'Commands that did what was asked.' })
      .of();
    const codes = Object.keys(refusals);
    const family = registry.counter({
      name: 'countersign_commands_refused_total',
      help: 'Commands that were refused, by the codes of docs/errors.md.',
      labels: { refusal: new Set(codes) },
    });
    this.#refused = new Map(codes.map((code) => [code, family.of(code)]));
  }

  told(outcome: unknown): void {
    const { kind, refusal } = outcome as { kind?: unknown; refusal?: { code: string } };
    if (kind === 'rejected' && refusal !== undefined) this.#refused.get(refusal.code)?.inc();
    else if (kind === 'accepted') this.#accepted.inc();
  }
}
