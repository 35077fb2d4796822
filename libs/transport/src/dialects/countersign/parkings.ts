// What is done about streams that are parked: tried again, or gone on with without the event that fails.

import type { ProjectionService } from '#contract/countersign/v1/projection_service_pb.js';
import { positionGiven } from '#read-models/event-reading.js';
import type { RunnerStatus } from '#read-models/runner.js';
import type { ParkedStream } from '#read-models/store.js';
import { detailsOf } from '#transport/dialects/countersign/messages.js';
import { carryOut, changingProjections, type Ordered } from '#transport/dialects/countersign/orders.js';
import type { Parts } from '#transport/dialects/countersign/parts.js';
import { parkedMessage } from '#transport/dialects/countersign/projection-messages.js';
import { runnerOf } from '#transport/dialects/countersign/runner-of.js';
import { invalid, noPosition, noStream } from '#transport/dialects/countersign/violations.js';
import { type Call, type MethodTable, refused, told } from '#transport/implementation.js';
import type { CallRefusal } from '#transport/refusals.js';

export const parkings = (parts: Parts): MethodTable<typeof ProjectionService> => ({
  retryParkedStream: {
    access: changingProjections,
    run: async (request, call) => told(await goOnWith(parts, call, { request, how: 'retried' }), parkedAfter),
  },
  skipParkedStream: {
    access: changingProjections,
    run: async (request, call) => told(await goOnWith(parts, call, { request, how: 'skipped' }), parkedAfter),
  },
});

interface Parked {
  readonly request: { readonly projection: string; readonly stream: string; readonly position: string };
  readonly how: 'retried' | 'skipped';
}

const notParked: CallRefusal = { code: 'parked-stream-not-found' };

async function goOnWith(parts: Parts, call: Call, { request, how }: Parked) {
  const { operating, application } = parts;
  const { projection, stream } = request;
  const position = await positionGiven(application.parts.log, request.position);
  const violations = [...noStream('stream', stream), ...(position === null ? [noPosition('position')] : [])];
  if (position === null || violations.length > 0) return refused(invalid(violations));
  const runner = await runnerOf(parts, projection);
  if ('code' in runner) return refused(runner);
  const ordered = await carryOut(parts, call, {
    order: { type: `instance.projection.parked.${how}`, projection, stream, position },
    refusal: parkedIn(runner, stream)?.position === position ? null : notParked,
    carryOut: async () => {
      const at = { projection, stream, position };
      const { projecting } = operating;
      const done = await (how === 'retried' ? projecting.retryParked(at) : projecting.skipParked(at));
      // Somebody else was there in between.
      return done === 'not-parked' ? refused(notParked) : done;
    },
  });
  if (ordered.kind === 'rejected') return ordered;
  const after = await runnerOf(parts, projection);
  return { ...ordered, answer: 'code' in after ? null : (parkedIn(after, stream) ?? null) };
}

const parkedIn = ({ parked }: RunnerStatus, stream: string): ParkedStream | undefined =>
  parked.find((one) => one.stream === stream);

const parkedAfter = ({ details, answer }: Pick<Ordered<ParkedStream>, 'details' | 'answer'>) => ({
  details: detailsOf(details),
  ...(answer !== null && { parked: parkedMessage(answer) }),
});
