// Where projections stand, and what is done about streams that are parked. Replays are in `replays.ts`.

import { ProjectionService } from '#contract/countersign/v1/projection_service_pb.js';
import type { OperatorOrder } from '#domain/instance/events.js';
import { positionGiven } from '#read-models/event-reading.js';
import type { Phase, RunnerStatus } from '#read-models/runner.js';
import type { ParkedStream } from '#read-models/store.js';
import { detailsOf, inDetails } from '#transport/dialects/countersign/messages.js';
import { carryOut } from '#transport/dialects/countersign/orders.js';
import type { Parts } from '#transport/dialects/countersign/parts.js';
import { parkedMessage, projectionMessage } from '#transport/dialects/countersign/projection-messages.js';
import { replays } from '#transport/dialects/countersign/replays.js';
import { watching } from '#transport/dialects/countersign/watch-replay.js';
import {
  answered,
  type Call,
  type Implemented,
  implement,
  type MethodTable,
  refused,
  told,
} from '#transport/implementation.js';
import type { CallRefusal } from '#transport/refusals.js';

const reading = { of: 'instance', permission: 'instance.projection.read' } as const;
const changing = { of: 'instance', permission: 'instance.projection.write' } as const;

type Methods = MethodTable<typeof ProjectionService>;

export const projectionService = (parts: Parts): readonly Implemented[] =>
  implement(ProjectionService, {
    ...reads(parts),
    ...pauses(parts),
    ...parkings(parts),
    ...replays(parts),
    ...watching(parts),
  });

const reads = (parts: Parts): Methods => ({
  listProjections: {
    access: reading,
    run: async () => answered({ projections: await standings(parts) }),
  },
  getProjection: {
    access: reading,
    run: async (request) => {
      const projection = (await standings(parts)).find(({ name }) => name === request.projection);
      return projection === undefined ? refused({ code: 'projection-not-found' }) : answered({ projection });
    },
  },
});

async function standings({ operating, application }: Parts) {
  const { projections, projecting } = operating;
  const [runners, builds] = await Promise.all([projecting.status(), projecting.builds()]);
  const head = runners[0]?.head ?? (await application.parts.log.head());
  return projections.map((projection) =>
    projectionMessage({
      projection,
      runner: runners.find((one) => one.projection === projection.name),
      builds,
      head,
    }),
  );
}

const pauses = (parts: Parts): Methods => ({
  pauseProjection: {
    access: changing,
    run: async ({ projection }, call) =>
      told(
        await changeOf(parts, call, {
          order: { type: 'instance.projection.paused', projection },
          change: () => parts.operating.projecting.pause(projection),
        }),
        inDetails,
      ),
  },
  resumeProjection: {
    access: changing,
    run: async ({ projection }, call) =>
      told(
        await changeOf(parts, call, {
          order: { type: 'instance.projection.resumed', projection },
          change: () => parts.operating.projecting.resume(projection),
        }),
        inDetails,
      ),
  },
});

interface Change {
  readonly order: Extract<
    OperatorOrder,
    { type: 'instance.projection.paused' | 'instance.projection.resumed' }
  >;
  readonly change: () => Promise<void>;
}

async function changeOf(parts: Parts, call: Call, { order, change }: Change) {
  const found = await runnerOf(parts, order.projection);
  const refusal = 'code' in found ? found : null;
  // Of the others one may be a repeat of what was carried out.
  if (refusal?.code === 'projection-not-found' || refusal?.code === 'unavailable') return refused(refusal);
  return carryOut(parts, call, { order, refusal, carryOut: change });
}

const notRunning: ReadonlySet<Phase> = new Set(['stopped', 'to-be-replayed']);

async function runnerOf({ operating }: Parts, projection: string): Promise<RunnerStatus | CallRefusal> {
  if (!operating.projections.some(({ name }) => name === projection)) return { code: 'projection-not-found' };
  const runner = (await operating.projecting.status()).find((one) => one.projection === projection);
  if (runner === undefined || notRunning.has(runner.phase)) return { code: 'projection-not-running' };
  // The server that makes the rows takes the order, and may be this one soon.
  return runner.phase === 'elsewhere' ? { code: 'unavailable' } : runner;
}

const parkings = (parts: Parts): Methods => ({
  retryParkedStream: {
    access: changing,
    run: async (request, call) =>
      told(await parkingOf(parts, call, { ...request, how: 'retried' }), parkedAfter),
  },
  skipParkedStream: {
    access: changing,
    run: async (request, call) =>
      told(await parkingOf(parts, call, { ...request, how: 'skipped' }), parkedAfter),
  },
});

interface Parked {
  readonly projection: string;
  readonly stream: string;
  readonly position: string;
  readonly how: 'retried' | 'skipped';
}

async function parkingOf(parts: Parts, call: Call, { projection, stream, position: text, how }: Parked) {
  const { operating, application } = parts;
  const runner = await runnerOf(parts, projection);
  if ('code' in runner) return refused(runner);
  const position = await positionGiven(application.parts.log, text);
  const isParked = parkedIn(runner, stream)?.position === position;
  // Nothing that the caller named by a mistake is written down.
  if (!isParked && (call.by.idempotency ?? null) === null)
    return refused({ code: 'parked-stream-not-found' });
  const order = {
    type: `instance.projection.parked.${how}`,
    projection,
    stream,
    position: position ?? text,
  } as const;
  return carryOut(parts, call, {
    order,
    refusal: isParked ? null : { code: 'parked-stream-not-found' },
    carryOut: async () => {
      await (how === 'retried' ? operating.projecting.unpark : operating.projecting.skip).call(
        operating.projecting,
        projection,
        stream,
      );
      const after = await runnerOf(parts, projection);
      return 'code' in after ? undefined : parkedIn(after, stream);
    },
  });
}

const parkedIn = ({ parked }: RunnerStatus, stream: string): ParkedStream | undefined =>
  parked.find((one) => one.stream === stream);

const parkedAfter = ({
  details,
  answer,
}: {
  readonly details: Parameters<typeof detailsOf>[0];
  readonly answer: ParkedStream | null | undefined;
}) => ({ details: detailsOf(details), ...(answer && { parked: parkedMessage(answer) }) });
