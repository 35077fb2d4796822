// A line for each call by gRPC, as Fastify's side has one for each request: what was called, how it ended, how long
// it took, and nothing that was sent.

import type { Log } from '#server/log.js';
import type { Served } from '#transport/call.js';

export function withAccessLines({ services, invoke }: Served, log: Log): Served {
  return {
    services,
    invoke: async (method, request, incoming) => {
      const started = performance.now();
      const answered = await invoke(method, request, incoming);
      const durationMs = Math.round((performance.now() - started) * 1_000) / 1_000;
      const status = answered.kind === 'answered' ? 0 : answered.status.code;
      const called = `${method.parent.typeName}/${method.name}`;
      log.info({ requestId: incoming.requestId, method: called, status, durationMs }, 'call');
      return answered;
    },
  };
}
