// The event log as commands see it, with every append counted, timed, and a span of its call's trace.

import type { EventLog } from '#event-log/event-log.js';
import { logWith } from '#event-log/log-with.js';
import type { AppendMetrics } from '#server/metrics/appends.js';
import type { Traces } from '#telemetry/traces.js';

export interface Measuring {
  readonly appends: AppendMetrics;
  readonly traces: Traces | null;
}

export function measuredLog(log: EventLog, { appends, traces }: Measuring): EventLog {
  const append: EventLog['append'] = (stream, events, expected) => {
    const started = performance.now();
    return log.append(stream, events, expected).then(
      (result) => {
        appends.written(events, (performance.now() - started) / 1_000);
        return result;
      },
      (error) => {
        appends.failed(error);
        throw error;
      },
    );
  };
  return logWith(log, {
    append:
      traces === null
        ? append
        : (stream, events, expected) =>
            traces.append(String(events[0]?.metadata.call), stream, () => append(stream, events, expected)),
  });
}
