// The switches. Each names what the server does instead of behaving; a rule says how often. They are data,
// so that a test can send them to the server's process.

export type AppendFault =
  /** No answer, ever; nothing is written. */
  | 'silent'
  /** Written, and no answer, ever. */
  | 'silent-after-write'
  /** Written, and answered after `delayMs`. */
  | 'late-reply'
  /** Written, answered, and answered once more after `delayMs`. */
  | 'duplicate-reply'
  /** Written, and answered as if another append had come first. */
  | 'wrong-version-after-write'
  /** Every call of the stream fails and names the leader; nothing is written. */
  | 'not-leader'
  | 'unavailable'
  /** Written, then every call of the stream fails. */
  | 'unavailable-after-write'
  /** Written, then every socket is destroyed. */
  | 'drop-after-write'
  /** Every socket is destroyed; nothing is written. */
  | 'drop'
  | 'timeout'
  | 'timeout-after-write'
  | 'not-ready'
  | 'access-denied'
  | 'too-large'
  /** Written, answered without a position. */
  | 'no-position';

export type ReadFault =
  | 'silent'
  | 'unavailable'
  | 'not-leader'
  | 'drop'
  | 'no-position'
  | 'no-commit-position';

export type SubscribeFault =
  /** Ends with OK after `afterEvents` events. */
  | 'close-ok'
  | 'unavailable'
  /** Never says that it caught up. */
  | 'no-caught-up'
  /** Sends events and checkpoints no further than the first `afterEvents`, and stays open. */
  | 'stall';

export type FeaturesFault = 'silent' | 'unavailable' | 'internal' | 'unimplemented';

export interface FaultRule {
  readonly on: 'append' | 'read' | 'subscribe' | 'features';
  readonly action: AppendFault | ReadFault | SubscribeFault | FeaturesFault;
  /** How many calls it strikes; without it, every one. */
  readonly times?: number;
  /** How many calls it lets pass first. */
  readonly skip?: number;
  /** Of the calls that it could strike, the share that it does, by a generator started with `seed`. */
  readonly chance?: number;
  readonly seed?: number;
  readonly delayMs?: number;
  readonly afterEvents?: number;
  /** Only calls on streams whose name begins so. */
  readonly streamPrefix?: string;
}

export class Faults {
  #rules: { rule: FaultRule; skip: number; left: number; random: () => number }[] = [];

  add(rule: FaultRule): void {
    this.#rules.push({
      rule,
      skip: rule.skip ?? 0,
      left: rule.times ?? Number.POSITIVE_INFINITY,
      random: seededRandom(rule.seed ?? 1),
    });
  }

  clear(): void {
    this.#rules = [];
  }

  /** The rule that strikes this call, if one does; counts it. */
  strike(on: FaultRule['on'], stream = ''): FaultRule | null {
    for (const entry of this.#rules) {
      if (entry.rule.on !== on || entry.left <= 0) continue;
      if (!stream.startsWith(entry.rule.streamPrefix ?? '')) continue;
      if (entry.skip > 0) {
        entry.skip -= 1;
        continue;
      }
      if (entry.rule.chance !== undefined && entry.random() >= entry.rule.chance) continue;
      entry.left -= 1;
      return entry.rule;
    }
    return null;
  }
}

/** mulberry32: small, and the same on every machine, so that a printed seed reproduces a run. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
