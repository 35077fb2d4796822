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
import type { ReplayAsked } from '#read-models/replay/asked.js';
import type { Comparison } from '#read-models/replay/comparison.js';
import type { ReplayStatus } from '#read-models/replay/replay.js';
import { momentOf } from '#transport/dialects/countersign/messages.js';

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

const sideForm = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const streamCharactersMax = 512;

/** The position was looked at by itself: null where it is none of this log. */
export function askedOf(
  options: ReplayOptions | undefined,
  position: ReplayAsked['upToPosition'] | null,
): Asked {
  if (options === undefined) return { asked: {} };
  const { dryRun, side, upToTime, onlyStream, eventsPerSecondMax, parks, switchesAnyway } = options;
  const violations = violationsIn(options, position);
  if (violations.length > 0) return { violations };
  return {
    asked: {
      ...(dryRun && { isDryRun: true }),
      ...(side !== '' && { side }),
      ...(options.upToPosition !== '' && position !== null && { upToPosition: position }),
      ...(upToTime !== undefined && { upToTime: timestampMs(upToTime) }),
      ...(onlyStream !== '' && { onlyStream }),
      ...(eventsPerSecondMax !== undefined && { eventsPerSecondMax }),
      ...(parks && { parks }),
      ...(switchesAnyway && { switchesAnyway }),
    } as ReplayAsked,
  };
}

function violationsIn(options: ReplayOptions, position: unknown): readonly Violation[] {
  const { dryRun, side, upToPosition, upToTime, onlyStream, eventsPerSecondMax } = options;
  const isPart = upToPosition !== '' || upToTime !== undefined || onlyStream !== '';
  const rules: readonly (readonly [boolean, string, string, string])[] = [
    [
      side !== '' && !sideForm.test(side),
      'side',
      'text',
      'must be up to 64 of a-z, 0-9, dot, underscore and hyphen',
    ],
    [side === '' && isPart, 'side', 'missing', 'must be given where a part of the log is replayed'],
    [
      side !== '' && dryRun,
      'dry_run',
      'contradiction',
      'must not be set where a side is named: it drops its rows',
    ],
    [
      upToPosition !== '' && position === null,
      'up_to_position',
      'position',
      'must be a position of this log',
    ],
    [
      onlyStream.length > streamCharactersMax,
      'only_stream',
      'text',
      `must be at most ${streamCharactersMax} characters`,
    ],
    [eventsPerSecondMax === 0, 'events_per_second_max', 'whole-number', 'must be more than 0'],
  ];
  return rules.flatMap(([isBroken, field, rule, message]) =>
    isBroken ? [{ field: `options.${field}`, rule, message }] : [],
  );
}
