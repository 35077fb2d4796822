// Every call, whichever stack it came by, counted and timed, and a span of its trace where an endpoint is set. The
// stacks and the pipeline know nothing of it.

import type { DescMethodUnary } from '@bufbuild/protobuf';

import { type CallMetrics, codeNames, codeOf, methodName } from '#server/metrics/calls.js';
import type { CallEnd, Traces } from '#telemetry/traces.js';
import { type Answered, incomingWith, type Served, type StatusCode, statusCodes } from '#transport/call.js';
import { whenEnded } from '#transport/pump.js';

export function withCallMetrics({ invoke, stream, ...served }: Served, metrics: CallMetrics): Served {
  const { inFlight } = metrics;
  return {
    ...served,
    invoke: async (method, read, incoming) => {
      const started = performance.now();
      inFlight.inc();
      const answered = await invoke(method, read, incoming);
      inFlight.dec();
      metrics.answered(method, answered, (performance.now() - started) / 1_000);
      return answered;
    },
    // How long one was read is not how long it took.
    stream: async (method, read, incoming) =>
      whenEnded(await stream(method, read, incoming), (code) => metrics.ended(method, code)),
  };
}

/** A stream is no span: it tells of what others did, and changes nothing. */
export function withTraces({ invoke, ...served }: Served, traces: Traces): Served {
  return {
    ...served,
    invoke: (method, read, incoming) =>
      traces.call(
        incoming.traceParent,
        // A call without a trace begins one: its id is then kept with its events, as that of a caller is.
        (traceId) =>
          invoke(method, read, incoming.traceId === traceId ? incoming : incomingWith(incoming, { traceId })),
        (answered) => endOf(method, answered),
      ),
  };
}

/** OpenTelemetry's conventions for gRPC: which codes are failures of the server, and not of the caller. */
const failures = new Set<StatusCode>([
  statusCodes.unknown,
  statusCodes.deadlineExceeded,
  statusCodes.unimplemented,
  statusCodes.internal,
  statusCodes.unavailable,
  statusCodes.dataLoss,
]);

function endOf(method: DescMethodUnary, answered: Answered): CallEnd {
  const code = codeOf(answered);
  return {
    name: methodName(method),
    attributes: {
      'rpc.system.name': 'grpc',
      'rpc.method': methodName(method),
      'rpc.response.status_code': codeNames[code] as string,
    },
    failed: answered.kind === 'refused' && failures.has(answered.status.code),
  };
}
