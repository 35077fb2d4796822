// Replays: begun, told of, paused, gone on with, cancelled, and builds dropped.

import type { ProjectionService } from '#contract/countersign/v1/projection_service_pb.js';
import type { OperatorOrder } from '#domain/instance/events.js';
import { positionGiven } from '#read-models/event-reading.js';
import { isOver, type ReplayAsked } from '#read-models/replay/asked.js';
import type { ReplayStatus } from '#read-models/replay/replay.js';
import { detailsOf, inDetails } from '#transport/dialects/countersign/messages.js';
import { carryOut } from '#transport/dialects/countersign/orders.js';
import type { Parts } from '#transport/dialects/countersign/parts.js';
import { askedOf, replayMessage } from '#transport/dialects/countersign/replay-messages.js';
import { invalid } from '#transport/dialects/countersign/violations.js';
import { answered, type Call, type MethodTable, refused, told } from '#transport/implementation.js';
import type { CallRefusal } from '#transport/refusals.js';

const reading = { of: 'instance', permission: 'instance.projection.read' } as const;
const changing = { of: 'instance', permission: 'instance.projection.write' } as const;

type Methods = MethodTable<typeof ProjectionService>;

export const replays = (parts: Parts): Methods => ({
  ...beginnings(parts),
  ...reads(parts),
  ...changes(parts),
  ...drops(parts),
});

const beginnings = (parts: Parts): Methods => ({
  startReplay: {
    access: changing,
    run: async ({ projection, options }, call) => {
      const { operating, application } = parts;
      if (!operating.projections.some(({ name }) => name === projection))
        return refused({ code: 'projection-not-found' });
      const position = await positionGiven(application.parts.log, options?.upToPosition ?? '');
      const read = askedOf(options, position);
      if ('violations' in read) return refused(invalid(read.violations));
      const { asked } = read;
      const same = await sameAs(parts, projection, asked);
      const begun = await carryOut(parts, call, {
        order: orderOf(projection, asked),
        refusal: same.isUnderWay ? { code: 'replay-under-way' } : null,
        // A repeat is told of the one that it began.
        carryOut: async (isRepeat) =>
          isRepeat && same.last !== undefined ? same.last : operating.replaying.begin(projection, asked),
      });
      return told(begun, ({ details, answer }) => {
        const replay = answer ?? same.last;
        return {
          details: detailsOf(details),
          ...(replay !== undefined && { replay: replayMessage(replay) }),
        };
      });
    },
  },
});

interface Same {
  readonly isUnderWay: boolean;
  readonly last: ReplayStatus | undefined;
}

/** Of the projection, and of the same name beside. */
async function sameAs({ operating }: Parts, projection: string, asked: ReplayAsked): Promise<Same> {
  const { side = null } = asked;
  const [all, builds] = await Promise.all([operating.replaying.status(), operating.projecting.builds()]);
  const last = all.findLast((one) => one.projection === projection && one.side === side);
  if (last === undefined) return { isUnderWay: false, last };
  const hasRows = builds.some(({ build }) => build === last.build);
  return { isUnderWay: side === null ? !isOver(last.phase) : hasRows, last };
}

function orderOf(projection: string, asked: ReplayAsked): OperatorOrder {
  return {
    type: 'instance.replay.started',
    projection,
    isDryRun: asked.isDryRun ?? false,
    side: asked.side ?? null,
    upToPosition: asked.upToPosition ?? null,
    upToTime: asked.upToTime ?? null,
    onlyStream: asked.onlyStream ?? null,
    eventsPerSecondMax: asked.eventsPerSecondMax ?? null,
    parks: asked.parks ?? false,
    switchesAnyway: asked.switchesAnyway ?? false,
  };
}

const reads = ({ operating }: Parts): Methods => ({
  listReplays: {
    access: reading,
    run: async () => answered({ replays: (await operating.replaying.status()).map(replayMessage) }),
  },
  getReplay: {
    access: reading,
    run: async ({ build }) => {
      const replay = (await operating.replaying.status()).find((one) => one.build === build);
      return replay === undefined
        ? refused({ code: 'replay-not-found' })
        : answered({ replay: replayMessage(replay) });
    },
  },
});

const changes = (parts: Parts): Methods => ({
  pauseReplay: {
    access: changing,
    run: async ({ build }, call) =>
      told(
        await changeOf(parts, call, {
          build,
          order: (projection) => ({ type: 'instance.replay.paused', projection, build }),
          change: () => parts.operating.replaying.pause(build),
        }),
        inDetails,
      ),
  },
  resumeReplay: {
    access: changing,
    run: async ({ build, parks, switchesAnyway }, call) => {
      const changed = {
        ...(parks !== undefined && { parks }),
        ...(switchesAnyway !== undefined && { switchesAnyway }),
      };
      const order = (projection: string): OperatorOrder => ({
        type: 'instance.replay.resumed',
        projection,
        build,
        parks: parks ?? null,
        switchesAnyway: switchesAnyway ?? null,
      });
      const change = () => parts.operating.replaying.resume(build, changed);
      return told(await changeOf(parts, call, { build, order, change }), inDetails);
    },
  },
  cancelReplay: {
    access: changing,
    run: async ({ build }, call) =>
      told(
        await changeOf(parts, call, {
          build,
          order: (projection) => ({ type: 'instance.replay.cancelled', projection, build }),
          change: () => parts.operating.replaying.cancel(build),
        }),
        inDetails,
      ),
  },
});

interface Change {
  readonly build: number;
  readonly order: (projection: string) => OperatorOrder;
  readonly change: () => Promise<void>;
}

async function changeOf(parts: Parts, call: Call, { build, order, change }: Change) {
  const replay = (await parts.operating.replaying.status()).find((one) => one.build === build);
  if (replay === undefined) return refused({ code: 'replay-not-found' });
  return carryOut(parts, call, {
    order: order(replay.projection),
    refusal: isOver(replay.phase) ? { code: 'replay-over' } : null,
    carryOut: change,
  });
}

const drops = (parts: Parts): Methods => ({
  dropBuild: {
    access: changing,
    run: async ({ build }, call) => {
      const { projecting, replaying } = parts.operating;
      const [builds, all] = await Promise.all([projecting.builds(), replaying.status()]);
      const known = builds.find((one) => one.build === build);
      const replay = all.find((one) => one.build === build);
      const projection = known?.projection ?? replay?.projection;
      if (projection === undefined) return refused({ code: 'build-not-found' });
      return told(
        await carryOut(parts, call, {
          order: { type: 'instance.build.dropped', projection, build },
          refusal: dropRefusal(known, replay),
          carryOut: () => replaying.drop(build),
        }),
        inDetails,
      );
    },
  },
});

function dropRefusal(
  known: { readonly isLive: boolean } | undefined,
  replay: ReplayStatus | undefined,
): CallRefusal | null {
  if (known === undefined) return { code: 'build-not-found' };
  if (known.isLive) return { code: 'build-live' };
  return replay !== undefined && !isOver(replay.phase) ? { code: 'build-unfinished' } : null;
}
