// Replays in the words of the contract, and what is asked of one in ours.

import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt';

import type { Violation } from '#application/violations.js';
import {
  type ReplayOptions,
  ReplayPhase,
  type ReplaySchema,
  ReplayUnit,
  ReplayVerdict,
} from '#contract/countersign/v1/projection_service_pb.js';
import type { Instant } from '#domain/ids.js';
import { type BrokenRule, brokenRulesIn, type ReplayAsked } from '#read-models/replay/asked.js';
import type { Comparison } from '#read-models/replay/comparison.js';
import type { ReplayStatus } from '#read-models/replay/replay.js';
import { momentOf } from '#transport/dialects/countersign/messages.js';
import { noPosition, noStream } from '#transport/dialects/countersign/violations.js';

export type ReplayMessage = MessageInitShape<typeof ReplaySchema>;

const phases = {
  building: ReplayPhase.BUILDING,
  indexing: ReplayPhase.INDEXING,
  'catching-up': ReplayPhase.CATCHING_UP,
  comparing: ReplayPhase.COMPARING,
  switching: ReplayPhase.SWITCHING,
  paused: ReplayPhase.PAUSED,
  done: ReplayPhase.DONE,
  failed: ReplayPhase.FAILED,
  cancelled: ReplayPhase.CANCELLED,
} as const satisfies Record<ReplayStatus['phase'], ReplayPhase>;

const units = {
  events: ReplayUnit.EVENTS,
  bytes: ReplayUnit.BYTES,
} as const satisfies Record<ReplayStatus['progress']['unit'], ReplayUnit>;

const verdicts = {
  equal: ReplayVerdict.EQUAL,
  different: ReplayVerdict.DIFFERENT,
  'not-comparable': ReplayVerdict.NOT_COMPARABLE,
} as const satisfies Record<Comparison['kind'], ReplayVerdict>;

export function replayMessage(replay: ReplayStatus): ReplayMessage {
  const { build, projection, phase, asked, progress, position, comparison, failedAt } = replay;
  const { done, total, unit, eventsPerSecond, etaSeconds } = progress;
  return {
    build,
    projection,
    phase: phases[phase],
    options: optionsMessage(asked),
    progress: {
      done: BigInt(done),
      ...(total !== null && { total: BigInt(total) }),
      unit: units[unit],
      eventsPerSecond,
      ...(etaSeconds !== null && { etaSeconds }),
    },
    position,
    ...(comparison !== null && { comparison: comparisonMessage(comparison) }),
    lastError: replay.lastError ?? '',
    ...(failedAt !== null && { failedAt: { ...failedAt } }),
    beganAt: timestampFromMs(replay.beganAt),
    endedAt: momentOf(replay.endedAt),
  };
}

function optionsMessage(asked: ReplayAsked) {
  const { isDryRun = false, parks = false, switchesAnyway = false, upToTime, eventsPerSecondMax } = asked;
  return {
    dryRun: isDryRun,
    side: asked.side ?? '',
    upToPosition: asked.upToPosition ?? '',
    upToTime: momentOf(upToTime ?? null),
    onlyStream: asked.onlyStream ?? '',
    ...(eventsPerSecondMax !== undefined && { eventsPerSecondMax }),
    parks,
    switchesAnyway,
  };
}

function comparisonMessage(comparison: Comparison) {
  const verdict = verdicts[comparison.kind];
  if (comparison.kind === 'not-comparable') return { verdict, reason: comparison.reason };
  const { position, tables } = comparison;
  return {
    verdict,
    position,
    tables: tables.map(({ table, live, replayed }) => ({
      table,
      liveRows: BigInt(live.rows),
      liveDigest: live.digest,
      replayedRows: BigInt(replayed.rows),
      replayedDigest: replayed.digest,
    })),
  };
}

type Asked = { readonly asked: ReplayAsked } | { readonly violations: readonly Violation[] };

export interface AskedBy {
  /** Of `options.up_to_position`, by the log; undefined where none was given, and null where it is none of this log. */
  readonly position: ReplayAsked['upToPosition'] | null;
  readonly now: Instant;
  /** What a repeat of the same order is known by, where it has an idempotency key. */
  readonly order: string | null;
}

export function askedOf(options: ReplayOptions | undefined, by: AskedBy): Asked {
  const order = by.order === null ? {} : { order: by.order };
  if (options === undefined) return { asked: order };
  const asked = { ...optionsIn(options), ...partIn(options, by), ...order };
  const violations = [
    ...brokenRulesIn(asked).map(({ of, ...broken }) => ({ field: `options.${fieldsOf[of]}`, ...broken })),
    ...violationsOfPart(options, by),
  ];
  return violations.length > 0 ? { violations } : { asked };
}

const optionsIn = ({
  dryRun,
  side,
  eventsPerSecondMax,
  parks,
  switchesAnyway,
}: ReplayOptions): ReplayAsked => ({
  ...(dryRun && { isDryRun: true }),
  ...(side !== '' && { side }),
  ...(eventsPerSecondMax !== undefined && { eventsPerSecondMax }),
  ...(parks && { parks }),
  ...(switchesAnyway && { switchesAnyway }),
});

/** Of the log. */
const partIn = ({ upToTime, onlyStream }: ReplayOptions, { position }: AskedBy): ReplayAsked => ({
  ...(position && { upToPosition: position }),
  ...(upToTime !== undefined && { upToTime: timestampMs(upToTime) }),
  ...(onlyStream !== '' && { onlyStream }),
});

function violationsOfPart(
  { upToTime, onlyStream }: ReplayOptions,
  { position, now }: AskedBy,
): readonly Violation[] {
  return [
    ...(position === null ? [noPosition('options.up_to_position')] : []),
    ...(upToTime !== undefined && timestampMs(upToTime) > now ? [future] : []),
    ...(onlyStream === '' ? [] : noStream('options.only_stream', onlyStream)),
  ];
}

const fieldsOf = {
  side: 'side',
  isDryRun: 'dry_run',
  eventsPerSecondMax: 'events_per_second_max',
} as const satisfies Record<BrokenRule['of'], string>;

const future: Violation = {
  field: 'options.up_to_time',
  rule: 'instant',
  message: 'must not be in the future: what comes until then would be missing',
};
