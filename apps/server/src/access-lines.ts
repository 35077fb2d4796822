// A line for each call by gRPC, as Fastify's side has one for each request: what was called, how it ended, how long
// it took, and nothing that was sent.

import type { Log } from '#server/log.js';
import type { Incoming, Served, ServedMethod } from '#transport/call.js';
import { whenEnded } from '#transport/pump.js';

export function withAccessLines({ invoke, stream, ...served }: Served, log: Log): Served {
  const writing = ({ parent, name }: ServedMethod, { requestId }: Incoming) => {
    const started = performance.now();
    return (status: number): void => {
      const durationMs = Math.round((performance.now() - started) * 1_000) / 1_000;
      log.info({ requestId, method: `${parent.typeName}/${name}`, status, durationMs }, 'call');
    };
  };
  return {
    ...served,
    invoke: async (method, request, incoming) => {
      const write = writing(method, incoming);
      const answered = await invoke(method, request, incoming);
      write(answered.kind === 'answered' ? 0 : answered.status.code);
      return answered;
    },
    stream: async (method, request, incoming) => {
      const write = writing(method, incoming);
      return whenEnded(await stream(method, request, incoming), write);
    },
  };
}
