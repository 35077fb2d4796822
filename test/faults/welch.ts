// Welch's t: by how many standard errors two means differ, whatever their variances.

export function welchT(one: readonly number[], other: readonly number[]): number {
  const [left, right] = [momentsOf(one), momentsOf(other)];
  return (left.mean - right.mean) / Math.sqrt(left.variance / one.length + right.variance / other.length);
}

function momentsOf(values: readonly number[]): { readonly mean: number; readonly variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, variance: squares / (values.length - 1) };
}
