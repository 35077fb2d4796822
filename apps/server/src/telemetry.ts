// What a running service tells of itself: metrics where somebody may scrape them, spans where a collector is named.

import type { EventLog } from '#event-log/event-log.js';
import { services } from '#server/calls.js';
import type { Log } from '#server/log.js';
import { withCallMetrics, withTraces } from '#server/measured-calls.js';
import { measuredLog } from '#server/measured-log.js';
import { listenForMetrics } from '#server/metrics/listener.js';
import { Metrics } from '#server/metrics/metrics.js';
import type { Readiness } from '#server/readiness.js';
import type { Settings } from '#server/settings.js';
import { version } from '#server/version.js';
import { SpanQueue } from '#telemetry/span-queue.js';
import { Traces } from '#telemetry/traces.js';
import type { Served } from '#transport/call.js';
import type { TlsOptions } from '#transport/tls.js';

export interface TelemetryOptions {
  readonly settings: Pick<Settings, 'metricsListen' | 'otelEndpoint' | 'eventLog'>;
  readonly tls: TlsOptions | null;
  readonly log: Log;
}

/** What is still to be sent when the service ends may take this long. */
const lastSpansWithinMs = 500;

export class Telemetry {
  readonly metrics: Metrics;
  /** Null where nothing is traced. */
  readonly traces: Traces | null;
  readonly #options: TelemetryOptions;
  readonly #spans: SpanQueue | null;
  #closeListener: () => void = () => undefined;

  constructor(options: TelemetryOptions) {
    const { otelEndpoint, eventLog } = options.settings;
    this.#options = options;
    this.metrics = new Metrics({ services, engine: eventLog.engine });
    const spans = otelEndpoint === null ? null : spanQueue(otelEndpoint, options.log);
    this.#spans = spans;
    this.traces = spans && new Traces((span) => spans.put(span));
    if (spans !== null) this.metrics.watchSpans(spans);
  }

  /** Throws `StartRefusal` where that cannot be listened on. */
  async listen(): Promise<void> {
    const { settings, tls, log } = this.#options;
    if (settings.metricsListen === null) return;
    const text = () => this.metrics.registry.text();
    const listener = await listenForMetrics({ listen: settings.metricsListen, tls, text, log });
    this.#closeListener = () => listener.close();
  }

  watch(readiness: Readiness): void {
    this.metrics.watchReadiness(readiness);
  }

  overLog(eventLog: EventLog): EventLog {
    return measuredLog(eventLog, { appends: this.metrics.appends, traces: this.traces });
  }

  overCalls(served: Served): Served {
    const measured = withCallMetrics(served, this.metrics.calls);
    return this.traces === null ? measured : withTraces(measured, this.traces);
  }

  async close(): Promise<void> {
    await this.#spans?.close(lastSpansWithinMs);
    this.#closeListener();
    this.metrics.close();
  }
}

function spanQueue(endpoint: string, log: Log): SpanQueue {
  return new SpanQueue({
    endpoint,
    resource: { service: 'countersign', version },
    onTrouble: (reason) => {
      if (reason === null) log.info('spans are sent again');
      else log.warn({ reason }, 'spans cannot be sent to COUNTERSIGN_OTEL_ENDPOINT');
    },
  });
}
