// Long work in short pieces: whatever else is served comes in between, and only one such piece is done in a turn,
// however many lists are asked for at the same time.

/** What a caller of something else may have to wait for a list. */
const sliceMs = 4;
/** Sorted or merged between two looks at the clock: a fraction of a millisecond. */
const runItems = 512;

export type Compare<Item> = (one: Item, other: Item) => number;

export class Slices {
  readonly #signal: AbortSignal;
  #since = performance.now();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Between two small steps: null while there is time left. Rejects when nobody waits for the outcome any more. */
  pause(): Promise<void> | null {
    return performance.now() - this.#since < sliceMs ? null : this.#rest();
  }

  async #rest(): Promise<void> {
    await turn();
    this.#signal.throwIfAborted();
    this.#since = performance.now();
  }
}

const waiting: (() => void)[] = [];

function turn(): Promise<void> {
  return new Promise((resolve) => {
    if (waiting.push(resolve) === 1) setImmediate(serveNext);
  });
}

function serveNext(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(serveNext);
}

/** Stable. */
export async function sortedInSlices<Item>(
  items: readonly Item[],
  compare: Compare<Item>,
  slices: Slices,
): Promise<readonly Item[]> {
  let runs: (readonly Item[])[] = [];
  for (let from = 0; from < items.length; from += runItems) {
    runs.push(items.slice(from, from + runItems).sort(compare));
    await slices.pause();
  }
  while (runs.length > 1) {
    const merged: (readonly Item[])[] = [];
    for (let index = 0; index < runs.length; index += 2) {
      const pair = [runs[index] ?? [], runs[index + 1] ?? []] as const;
      merged.push(await mergedInSlices(pair, compare, slices));
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

async function mergedInSlices<Item>(
  [one, other]: readonly [readonly Item[], readonly Item[]],
  compare: Compare<Item>,
  slices: Slices,
): Promise<readonly Item[]> {
  const merged: Item[] = [];
  let [left, right] = [0, 0];
  while (left < one.length && right < other.length) {
    const isRight = compare(other[right] as Item, one[left] as Item) < 0;
    merged.push((isRight ? other[right++] : one[left++]) as Item);
    if (merged.length % runItems === 0) await slices.pause();
  }
  return merged.concat(one.slice(left), other.slice(right));
}
