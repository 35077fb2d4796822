const trials = 3;

/** In milliseconds, of the trial that took least: what else runs on the machine only adds. The first that is soon enough ends it. */
export async function quickest(withinMs: number, measure: () => Promise<number>): Promise<number> {
  let least = await measure();
  for (let more = trials - 1; more > 0 && least >= withinMs; more -= 1)
    least = Math.min(least, await measure());
  return least;
}
