// Everything that this service counts and measures. Labels hold names of ours alone: of methods, codes, factors,
// outcomes and projections; never an id, a path, or anything that a caller sent.

import type { DescService } from '@bufbuild/protobuf';

import { AppendMetrics } from '#server/metrics/appends.js';
import { CallMetrics } from '#server/metrics/calls.js';
import { CommandMetrics } from '#server/metrics/commands.js';
import { HashMetrics } from '#server/metrics/hashes.js';
import { HookMetrics } from '#server/metrics/hook.js';
import { PolicyMetrics } from '#server/metrics/policies.js';
import { type ProjectionMetrics, projectionMetrics } from '#server/metrics/projections.js';
import type { EventLogChoice } from '#server/setting-values.js';
import { version } from '#server/version.js';
import { measureProcess } from '#telemetry/process-metrics.js';
import { type Gauge, Registry } from '#telemetry/registry.js';
import type { SpanQueue } from '#telemetry/span-queue.js';

export interface MetricsOptions {
  readonly services: readonly DescService[];
  readonly engine: EventLogChoice['engine'];
}

export class Metrics {
  readonly registry = new Registry();
  readonly calls: CallMetrics;
  readonly appends: AppendMetrics;
  readonly commands: CommandMetrics;
  readonly hashes: HashMetrics;
  readonly hook: HookMetrics;
  readonly policies: PolicyMetrics;
  /** Whoever runs the projection says by it where it stands. */
  readonly projection: (name: string) => ProjectionMetrics;
  readonly #ready: Gauge;
  readonly #stopProcess: () => void;

  constructor({ services, engine }: MetricsOptions) {
    const { registry } = this;
    this.calls = new CallMetrics(registry, services);
    this.appends = new AppendMetrics(registry);
    this.commands = new CommandMetrics(registry);
    this.hashes = new HashMetrics(registry);
    this.hook = new HookMetrics(registry);
    this.policies = new PolicyMetrics(registry);
    this.projection = projectionMetrics(registry);
    this.#ready = registry
      .gauge({ name: 'countersign_ready', help: '1 while /readyz says that requests may be sent.' })
      .of();
    this.#stopProcess = measureProcess(registry);
    tellBuild(registry, engine);
  }

  watchReadiness(readiness: { readonly isReady: boolean }): void {
    this.registry.beforeText(() => this.#ready.set(readiness.isReady ? 1 : 0));
  }

  watchSpans(spans: Pick<SpanQueue, 'sent' | 'dropped'>): void {
    const outcomes = ['sent', 'dropped'] as const;
    const family = this.registry.counter({
      name: 'countersign_spans_total',
      help: 'Spans of traces, by what became of them. Told where COUNTERSIGN_OTEL_ENDPOINT is set.',
      labels: { outcome: new Set(outcomes) },
    });
    this.registry.beforeText(() => {
      for (const outcome of outcomes) family.of(outcome).reach(spans[outcome]);
    });
  }

  close(): void {
    this.#stopProcess();
    this.appends.close();
  }
}

function tellBuild(registry: Registry, engine: EventLogChoice['engine']): void {
  const values = [version, process.version, engine] as const;
  const [of, node, eventLog] = values.map((value) => new Set([value])) as [
    Set<string>,
    Set<string>,
    Set<string>,
  ];
  registry
    .gauge({
      name: 'countersign_build_info',
      help: 'Always 1: the labels say what is running.',
      labels: { version: of, node, event_log: eventLog },
    })
    .of(...values)
    .set(1);
}
