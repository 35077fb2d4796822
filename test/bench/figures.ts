export interface Figure {
  readonly claim: string;
  readonly unit: string;
  readonly ours: number;
  readonly ceiling: number;
  /** What is held against the bar: `ours` by or less the `ceiling`. */
  readonly compared: 'ratio' | 'difference';
  readonly value: number;
  readonly bar: number;
  readonly better: 'higher' | 'lower';
}

export interface RatioInput {
  readonly claim: string;
  readonly unit: string;
  readonly ours: readonly number[];
  readonly ceiling: readonly number[];
  readonly bar: number;
}

/** The ratio of the medians: machines are shared, and single rounds are noisy. */
export function ratioFigure({ claim, unit, ours, ceiling, bar }: RatioInput): Figure {
  const [one, other] = [median(ours), median(ceiling)];
  const value = one / other;
  return { claim, unit, ours: one, ceiling: other, compared: 'ratio', value, bar, better: 'higher' };
}

/** Where less is better. */
export const lowRatioFigure = (input: RatioInput): Figure => ({ ...ratioFigure(input), better: 'lower' });

/** How much more of something bad. */
export function differenceFigure({ claim, unit, ours, ceiling, bar }: RatioInput): Figure {
  const [one, other] = [median(ours), median(ceiling)];
  const value = one - other;
  return { claim, unit, ours: one, ceiling: other, compared: 'difference', value, bar, better: 'lower' };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

export function holds({ value, bar, better }: Figure): boolean {
  return better === 'higher' ? value >= bar : value <= bar;
}
