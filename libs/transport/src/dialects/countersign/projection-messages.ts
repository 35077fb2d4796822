// Where projections stand, in the words of the contract.

import type { MessageInitShape } from '@bufbuild/protobuf';

import {
  type ParkedStreamSchema,
  type Projection,
  type ProjectionBuild,
  ProjectionState,
} from '#contract/countersign/v1/projection_service_pb.js';
import type { Phase, RunnerStatus } from '#read-models/runner.js';
import type { ParkedStream } from '#read-models/store.js';
import type { KnownBuild, Operating } from '#transport/operating.js';

type Told<Message> = Omit<Message, '$typeName' | '$unknown'>;

const states = {
  starting: ProjectionState.STARTING,
  'catching-up': ProjectionState.CATCHING_UP,
  following: ProjectionState.FOLLOWING,
  retrying: ProjectionState.RETRYING,
  paused: ProjectionState.PAUSED,
  stopped: ProjectionState.STOPPED,
  elsewhere: ProjectionState.STANDBY,
  'to-be-replayed': ProjectionState.TO_BE_REPLAYED,
} as const satisfies Record<Phase, ProjectionState>;

export interface Standing {
  readonly projection: Operating['projections'][number];
  /** Undefined where this server makes no rows of it. */
  readonly runner: RunnerStatus | undefined;
  readonly builds: readonly KnownBuild[];
  /** Null while the log does not answer. */
  readonly head: string | null;
}

export function projectionMessage({ projection, runner, builds, head }: Standing) {
  const { name } = projection;
  const own = builds.filter((one) => one.projection === name);
  const live = own.find(({ isLive }) => isLive);
  return {
    name,
    state: runner === undefined ? stateWithout(projection.version, live) : states[runner.phase],
    ...(runner === undefined ? standingOfBuild(live, head) : standingOf(runner)),
    liveBuild: live?.build ?? 0,
    liveVersion: live?.version ?? 0,
    builds: own.map(buildMessage),
  };
}

function stateWithout(version: number, live: KnownBuild | undefined): ProjectionState {
  if (live === undefined) return ProjectionState.STARTING;
  return live.version === version ? ProjectionState.STANDBY : ProjectionState.TO_BE_REPLAYED;
}

type StandingPart =
  | 'position'
  | 'head'
  | 'lagEvents'
  | 'lagSeconds'
  | 'eventsSeen'
  | 'eventsPerSecond'
  | 'lastError';
type StandingMessage = Pick<Told<Projection>, StandingPart> & {
  parked: MessageInitShape<typeof ParkedStreamSchema>[];
};

function standingOf(runner: RunnerStatus): StandingMessage {
  const { position, head, lagEvents, lagSeconds, events, eventsPerSecond, parked, lastError, stopped } =
    runner;
  return {
    position,
    head: head ?? '',
    ...(lagEvents !== null && { lagEvents: BigInt(Math.max(0, lagEvents)) }),
    lagSeconds,
    eventsSeen: BigInt(events),
    eventsPerSecond,
    parked: parked.map(parkedMessage),
    lastError: stopped?.text ?? lastError ?? '',
  };
}

/** As far as its rows tell. */
function standingOfBuild(live: KnownBuild | undefined, head: string | null): StandingMessage {
  return {
    position: live?.checkpoint?.position ?? '',
    head: head ?? '',
    lagSeconds: 0,
    eventsSeen: BigInt(live?.checkpoint?.events ?? 0),
    eventsPerSecond: 0,
    parked: [],
    lastError: '',
  };
}

export const parkedMessage = ({ stream, position, error, attempts }: ParkedStream) => ({
  stream,
  position,
  error,
  attempts,
});

function buildMessage({ build, version, isLive, checkpoint }: KnownBuild): Told<ProjectionBuild> {
  return {
    build,
    version,
    live: isLive,
    position: checkpoint?.position ?? '',
    eventsSeen: BigInt(checkpoint?.events ?? 0),
  };
}
