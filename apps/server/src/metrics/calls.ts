// Calls by method and code, and how long each method takes. Durations are not kept by code: seventeen times as many
// series would tell little that the counts do not.

import type { DescMethodUnary, DescService } from '@bufbuild/protobuf';

import type { Counter, Family, Gauge, Histogram, Registry } from '#telemetry/registry.js';
import { type Answered, isServed, isUnary, type ServedMethod, statusCodes } from '#transport/call.js';

/** From what is answered at once to the longest deadline, in seconds. */
const durationBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** As gRPC writes them, by their numbers. */
export const codeNames: readonly string[] = Object.entries(statusCodes).reduce(
  (names, [name, code]) => names.with(code, name.replaceAll(/[A-Z]/g, '_$&').toUpperCase()),
  Array.from({ length: 17 }, () => 'OK'),
);

export const methodName = ({ parent, name }: ServedMethod): string => `${parent.typeName}/${name}`;

interface OfMethod {
  readonly name: string;
  /** Null for a stream. */
  readonly duration: Histogram | null;
  /** By the number of the code, each from its first call. */
  readonly counts: (Counter | undefined)[];
}

export class CallMetrics {
  readonly inFlight: Gauge;
  readonly #total: Family<Counter>;
  readonly #methods: ReadonlyMap<ServedMethod, OfMethod>;

  constructor(registry: Registry, services: readonly DescService[]) {
    const methods = services.flatMap((service) => service.methods).filter(isServed);
    const method = new Set(methods.map(methodName));
    const timed = new Set(methods.filter(isUnary).map(methodName));
    this.#total = registry.counter({
      name: 'countersign_calls_total',
      help: 'Calls that were answered, by method and code.',
      labels: { method, code: new Set(codeNames) },
    });
    const durations = registry.histogram(
      {
        name: 'countersign_call_duration_seconds',
        help: 'From a call to its answer, by method.',
        labels: { method: timed },
      },
      durationBounds,
    );
    this.inFlight = registry
      .gauge({ name: 'countersign_calls_in_flight', help: 'Calls that are not answered yet.' })
      .of();
    this.#methods = new Map(
      methods.map((one) => {
        const name = methodName(one);
        return [one, { name, duration: isUnary(one) ? durations.of(name) : null, counts: [] }];
      }),
    );
  }

  answered(method: DescMethodUnary, answered: Answered, seconds: number): void {
    this.ended(method, codeOf(answered));
    this.#methods.get(method)?.duration?.observe(seconds);
  }

  /** Of a stream, once it is over. */
  ended(method: ServedMethod, code: number): void {
    const of = this.#methods.get(method);
    if (of === undefined) return;
    of.counts[code] ??= this.#total.of(of.name, codeNames[code] as string);
    of.counts[code].inc();
  }
}

export const codeOf = (answered: Answered): number =>
  answered.kind === 'answered' ? 0 : answered.status.code;
