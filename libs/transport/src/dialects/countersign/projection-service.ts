// Where projections stand, and what stops them. Parked streams are in `parkings.ts`, replays in `replays.ts`.

import { ProjectionService } from '#contract/countersign/v1/projection_service_pb.js';
import { inDetails } from '#transport/dialects/countersign/messages.js';
import {
  carryOut,
  changingProjections,
  type Ordering,
  readingProjections,
} from '#transport/dialects/countersign/orders.js';
import { parkings } from '#transport/dialects/countersign/parkings.js';
import type { Parts } from '#transport/dialects/countersign/parts.js';
import { projectionMessage } from '#transport/dialects/countersign/projection-messages.js';
import { replays } from '#transport/dialects/countersign/replays.js';
import { runnerOf } from '#transport/dialects/countersign/runner-of.js';
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
    access: readingProjections,
    run: async () => answered({ projections: await standings(parts) }),
  },
  getProjection: {
    access: readingProjections,
    run: async (request) => {
      const projection = (await standings(parts)).find(({ name }) => name === request.projection);
      return projection === undefined ? refused({ code: 'projection-not-found' }) : answered({ projection });
    },
  },
});

async function standings({ operating, application }: Parts) {
  const { projections, projecting } = operating;
  const [runners, builds] = await Promise.all([projecting.status(), projecting.builds()]);
  const head = runners[0]?.head ?? (await application.parts.log.head().catch(() => null));
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
  pauseProjection: changing(parts, ({ projection }) => ({
    order: { type: 'instance.projection.paused', projection },
    carryOut: () => parts.operating.projecting.pause(projection),
  })),
  resumeProjection: changing(parts, ({ projection }) => ({
    order: { type: 'instance.projection.resumed', projection },
    carryOut: () => parts.operating.projecting.resume(projection),
  })),
});

interface OfProjection {
  readonly projection: string;
}

/** Of a projection that somebody makes rows of. */
function changing(
  parts: Parts,
  changeOf: (request: OfProjection) => Pick<Ordering<void>, 'order' | 'carryOut'>,
) {
  return {
    access: changingProjections,
    run: async (request: OfProjection, call: Call) => {
      const found = await runnerOf(parts, request.projection);
      const refusal = 'code' in found ? found : null;
      // Of the others one may be a repeat of what was carried out.
      if (refusal?.code === 'projection-not-found' || refusal?.code === 'unavailable')
        return refused(refusal);
      return told(await carryOut(parts, call, { ...changeOf(request), refusal }), inDetails);
    },
  };
}
