// Where each projection stands. Whoever runs them fills this in; nothing is told of one that nobody runs.

import type { Registry } from '#telemetry/registry.js';

export interface ProjectionMetrics {
  /** How far its checkpoint is behind the head of the log. */
  readonly lag: (behind: { readonly events: number; readonly seconds: number }) => void;
  readonly projected: (events: number) => void;
  readonly parked: (streams: number) => void;
}

/** Names are of ours, and few; more than these is a bug, as is any other text. */
const projectionsMax = 32;
const nameForm = /^[a-z][a-z-]{0,39}$/;

export function projectionMetrics(registry: Registry): (name: string) => ProjectionMetrics {
  const projection = new Set<string>();
  const labels = { projection };
  const lagEvents = registry.gauge({
    name: 'countersign_projection_lag_events',
    help: 'Events of the log that the projection has not seen.',
    labels,
  });
  const lagSeconds = registry.gauge({
    name: 'countersign_projection_lag_seconds',
    help: 'Age of the first event that the projection has not seen.',
    labels,
  });
  const events = registry.counter({
    name: 'countersign_projection_events_total',
    help: 'Events that the projection has seen since the start.',
    labels,
  });
  const parked = registry.gauge({
    name: 'countersign_projection_parked_streams',
    help: 'Streams that the projection has parked: their rows are not what the log says.',
    labels,
  });
  return (name) => {
    if (!nameForm.test(name)) throw new TypeError('a projection is named in lower case');
    projection.add(name);
    if (projection.size > projectionsMax) throw new RangeError('there are too many projections');
    const series = {
      lagEvents: lagEvents.of(name),
      lagSeconds: lagSeconds.of(name),
      events: events.of(name),
      parked: parked.of(name),
    };
    return {
      lag: (behind) => {
        series.lagEvents.set(behind.events);
        series.lagSeconds.set(behind.seconds);
      },
      projected: (count) => series.events.inc(count),
      parked: (streams) => series.parked.set(streams),
    };
  };
}
