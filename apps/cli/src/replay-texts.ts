// What is said of a replay, on one line while it runs, and when it rests.

import type { Output } from '#cli/output.js';
import { lineOf } from '#cli/progress-bar.js';
import { type ReplayStanding, shownPosition } from '#cli/standing.js';
import { isSame } from '#read-models/replay/comparison.js';

export function replayLine(replay: ReplayStanding): string {
  const { projection, phase, done, total, unit, eventsPerSecond, etaSeconds, lastError } = replay;
  const what = `${projection} ${phase}`;
  const line = lineOf(what, { done, total, perSecond: eventsPerSecond, restSeconds: etaSeconds });
  const counted = unit === 'bytes' ? `${line} (bytes)` : line;
  return lastError === null ? counted : `${counted}; ${lastError}`;
}

/** How far it is, for a table. */
export function replayCells(replay: ReplayStanding): string[] {
  const { build, projection, side, isDryRun, phase, done, total, unit, lastError } = replay;
  const kind = side ?? (isDryRun ? 'dry run' : 'to be live');
  const all = total === null ? '' : ` of ${total.toLocaleString('en')}`;
  return [
    String(build),
    projection,
    kind,
    phase,
    `${done.toLocaleString('en')}${all} ${unit}`,
    lastError ?? '',
  ];
}

export const replayHead = ['replay', 'projection', 'for', 'phase', 'done', 'last error'] as const;

export function replayTable(replays: readonly ReplayStanding[], output: Output): string {
  return replays.length === 0 ? 'there are no replays' : output.table(replayHead, replays.map(replayCells));
}

/** Of one that is done. */
export function doneText(replay: ReplayStanding): string {
  const { projection, done, unit, beganAt, endedAt } = replay;
  const seconds = (Date.parse(endedAt ?? beganAt) - Date.parse(beganAt)) / 1_000;
  const what = `replayed ${projection}: ${done.toLocaleString('en')} ${unit} in ${seconds.toFixed(1)} s`;
  return [what, ...comparisonLines(replay), outcomeOf(replay)].join('\n');
}

function outcomeOf({ build, projection, side, isDryRun }: ReplayStanding): string {
  if (isDryRun) return 'it was a dry run: its rows are dropped, and what was live is live';
  if (side !== null)
    return `its rows stand beside as ${side}, in tables ${projection}_${build}_*, until countersign projections drop ${build}`;
  return `build ${build} is live; the one before it is kept, and countersign projections show ${projection} names it`;
}

export function comparisonLines({ comparison }: Pick<ReplayStanding, 'comparison'>): string[] {
  if (comparison === null) return [];
  if (comparison.kind === 'not-comparable') return [`not compared: ${comparison.reason}`];
  const { kind, position, tables } = comparison;
  const told = tables
    .filter(({ live, replayed }) => live.rows + replayed.rows > 0)
    .map(({ table, live, replayed }) => {
      const rows = `${table} ${replayed.rows.toLocaleString('en')} rows ${replayed.digest.slice(0, 12)}`;
      if (isSame(live, replayed)) return rows;
      return `${rows} (live ${live.rows.toLocaleString('en')} rows ${live.digest.slice(0, 12)})`;
    });
  return [
    `${kind === 'equal' ? 'equal to' : 'different from'} what was live at position ${shownPosition(position)}: ${told.join(', ')}`,
  ];
}
