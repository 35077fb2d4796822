// What makes the rows of a projection, for whoever orders something of it.

import type { Phase, RunnerStatus } from '#read-models/runner.js';
import type { Parts } from '#transport/dialects/countersign/parts.js';
import type { CallRefusal } from '#transport/refusals.js';

const notRunning: ReadonlySet<Phase> = new Set(['stopped', 'to-be-replayed']);

export async function runnerOf(
  { operating }: Parts,
  projection: string,
): Promise<RunnerStatus | CallRefusal> {
  if (!operating.projections.some(({ name }) => name === projection)) return { code: 'projection-not-found' };
  const runner = (await operating.projecting.status()).find((one) => one.projection === projection);
  if (runner === undefined || notRunning.has(runner.phase)) return { code: 'projection-not-running' };
  // The server that makes the rows takes the order, and may be this one soon.
  return runner.phase === 'elsewhere' ? { code: 'unavailable' } : runner;
}
