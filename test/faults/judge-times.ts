// Whether two kinds of calls take the same time: Welch's t of what is left when the slowest of both are left out.

import { welchT } from '#test/faults/welch.js';

export type Kind = 0 | 1;
export type Times = [number[], number[]];

/** Beyond it chance is no explanation: one in some hundred thousand runs. */
export const tMax = 4.5;
/** Interruptions take many times as long as what is measured. */
const slowestShare = 0.1;

/** One limit for both kinds, or the cut itself would make a difference. */
export function judgeTimes(times: Times, leftOut = slowestShare): number {
  const sorted = Float64Array.from(times.flat()).sort();
  const limit = sorted[Math.floor(sorted.length * (1 - leftOut))] ?? 0;
  const [one, other] = times.map((some) => some.filter((time) => time <= limit)) as Times;
  return welchT(one, other);
}

/** As if calls of the second kind took so much of a usual call longer than they do. */
export function planted([one, other]: Times, share: number): Times {
  const added = share * medianOf(one);
  return [one, other.map((time) => time + added)];
}

/** By how much of a usual call the second kind takes longer. */
export const leakOf = ([one, other]: Times): number => medianOf(other) / medianOf(one) - 1;

export function medianOf(times: readonly number[]): number {
  const sorted = Float64Array.from(times).sort();
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
