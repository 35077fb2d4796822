// Replays: begun, told of, paused, gone on with, cancelled, and builds dropped.

import type { ProjectionService } from '#contract/countersign/v1/projection_service_pb.js';
import type { OperatorOrder } from '#domain/instance/events.js';
import { positionReached } from '#read-models/event-reading.js';
import { isOver, type ReplayAsked } from '#read-models/replay/asked.js';
import type { ReplayStatus } from '#read-models/replay/replay.js';
import { detailsOf, inDetails } from '#transport/dialects/countersign/messages.js';
import {
  carryOut,
  changingProjections,
  inReplayTurn,
  type Ordering,
  readingProjections,
} from '#transport/dialects/countersign/orders.js';
import type { Parts } from '#transport/dialects/countersign/parts.js';
import { askedOf, replayMessage } from '#transport/dialects/countersign/replay-messages.js';
import { invalid } from '#transport/dialects/countersign/violations.js';
import { answered, type Call, type MethodTable, refused, told } from '#transport/implementation.js';
import type { CallRefusal } from '#transport/refusals.js';

type Methods = MethodTable<typeof ProjectionService>;

export const replays = (parts: Parts): Methods => ({
  ...beginnings(parts),
  ...reads(parts),
  ...changes(parts),
  ...drops(parts),
});

const beginnings = (parts: Parts): Methods => ({
  startReplay: {
    access: changingProjections,
    run: async ({ projection, options }, call) => {
      const { operating, application } = parts;
      if (!operating.projections.some(({ name }) => name === projection))
        return refused({ code: 'projection-not-found' });
      const { log, clock } = application.parts;
      const text = options?.upToPosition ?? '';
      const position = text === '' ? undefined : await positionReached(log, text);
      const read = askedOf(options, { position, now: clock(), order: call.by.idempotency?.key ?? null });
      if ('violations' in read) return refused(invalid(read.violations));
      const begun = await inReplayTurn(parts, () => begin(parts, call, { projection, asked: read.asked }));
      return told(begun, ({ details, answer }) => ({
        details: detailsOf(details),
        ...(answer !== null && { replay: replayMessage(answer) }),
      }));
    },
  },
});

interface Beginning {
  readonly projection: string;
  readonly asked: ReplayAsked;
}

const underWay: CallRefusal = { code: 'replay-under-way' };

async function begin(parts: Parts, call: Call, { projection, asked }: Beginning) {
  const { replaying, projecting } = parts.operating;
  const [all, builds] = await Promise.all([replaying.status(), projecting.builds()]);
  const { side = null, order } = asked;
  const same = all.filter((one) => one.projection === projection && one.side === side);
  const own = same.findLast((one) => order !== undefined && one.asked.order === order);
  const isUnderWay = same.some(({ build, phase }) =>
    side === null ? !isOver(phase) : builds.some((one) => one.build === build),
  );
  const begun = await carryOut(parts, call, {
    order: orderOf(projection, asked),
    refusal: isUnderWay ? underWay : null,
    isDone: own !== undefined,
    late: underWay,
    carryOut: () => replaying.begin(projection, asked),
  });
  return begun.kind === 'rejected' ? begun : { ...begun, answer: begun.answer ?? own ?? null };
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
    access: readingProjections,
    run: async () => answered({ replays: (await operating.replaying.status()).map(replayMessage) }),
  },
  getReplay: {
    access: readingProjections,
    run: async ({ build }) => {
      const replay = (await operating.replaying.status()).find((one) => one.build === build);
      return replay === undefined
        ? refused({ code: 'replay-not-found' })
        : answered({ replay: replayMessage(replay) });
    },
  },
});

const changes = (parts: Parts): Methods => ({
  pauseReplay: changing(parts, ({ build }, projection) => ({
    order: { type: 'instance.replay.paused', projection, build },
    carryOut: () => parts.operating.replaying.pause(build),
  })),
  resumeReplay: changing(parts, ({ build, parks, switchesAnyway }: OfBuild & Resumed, projection) => ({
    order: {
      type: 'instance.replay.resumed',
      projection,
      build,
      parks: parks ?? null,
      switchesAnyway: switchesAnyway ?? null,
    },
    carryOut: () =>
      parts.operating.replaying.resume(build, {
        ...(parks !== undefined && { parks }),
        ...(switchesAnyway !== undefined && { switchesAnyway }),
      }),
  })),
  cancelReplay: changing(parts, ({ build }, projection) => ({
    order: { type: 'instance.replay.cancelled', projection, build },
    carryOut: () => parts.operating.replaying.cancel(build),
  })),
});

interface OfBuild {
  readonly build: number;
}

interface Resumed {
  readonly parks?: boolean | undefined;
  readonly switchesAnyway?: boolean | undefined;
}

/** Of a replay that is not over. */
function changing<Request extends OfBuild>(
  parts: Parts,
  changeOf: (request: Request, projection: string) => Pick<Ordering<void>, 'order' | 'carryOut'>,
) {
  return {
    access: changingProjections,
    run: async (request: Request, call: Call) => {
      const all = await parts.operating.replaying.status();
      const replay = all.find(({ build }) => build === request.build);
      if (replay === undefined) return refused({ code: 'replay-not-found' });
      const refusal: CallRefusal | null = isOver(replay.phase) ? { code: 'replay-over' } : null;
      const change = changeOf(request, replay.projection);
      return told(await carryOut(parts, call, { ...change, refusal }), inDetails);
    },
  };
}

const drops = (parts: Parts): Methods => ({
  dropBuild: {
    access: changingProjections,
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
