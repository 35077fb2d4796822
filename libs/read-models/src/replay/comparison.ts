// Whether the rows that were replayed are those that are live, at one and the same position of the log. The live rows
// are held still as of their checkpoint, and the other build is brought to exactly there: nobody waits for it, and the
// live build is written on meanwhile.

import type { Position } from '#event-log/event-log.js';
import { pass } from '#read-models/passing.js';
import type { Build, Checkpoint, ModelStore, TableDigest } from '#read-models/store.js';

export interface ComparedTable {
  readonly table: string;
  readonly live: TableDigest;
  readonly replayed: TableDigest;
}

export type Comparison =
  | {
      readonly kind: 'equal' | 'different';
      readonly position: Position;
      readonly tables: readonly ComparedTable[];
    }
  /** The reason is told to operators. */
  | { readonly kind: 'not-comparable'; readonly reason: string };

export interface Comparing {
  readonly store: ModelStore;
  readonly live: Build;
  readonly next: Build;
  /** Everything up to there, and nothing after it, is then in the rows. */
  readonly advanceTo: (position: Position) => Promise<void>;
}

export async function compare({ store, live, next, advanceTo }: Comparing): Promise<Comparison> {
  pass('comparing: before');
  return store.hold(live, async (still) => {
    const { position } = still.checkpoint as Checkpoint;
    await advanceTo(position);
    // Beside rows of another moment a difference would tell nothing, and no difference would tell too much.
    const reached = await store.checkpoint(next);
    if (reached?.position !== position)
      throw new Error(`the replay is at ${reached?.position}, and the live rows stand still at ${position}`);
    const tables: ComparedTable[] = [];
    for (const table of Object.keys(next.projection.tables)) {
      tables.push({ table, live: await still.digest(table), replayed: await store.digest(next, table) });
      pass('comparing: between two tables');
    }
    const isEqual = tables.every(({ live, replayed }) => isSame(live, replayed));
    return { kind: isEqual ? 'equal' : 'different', position, tables };
  });
}

export function isSame(one: TableDigest, other: TableDigest): boolean {
  return one.rows === other.rows && one.digest === other.digest;
}

export type Comparable = { readonly live: Build; readonly position: Position } | { readonly reason: string };

export async function comparableWith(store: ModelStore, next: Build, log: string): Promise<Comparable> {
  const { projection } = next;
  const live = (await store.builds()).find((one) => one.projection === projection.name && one.isLive);
  if (live === undefined) return { reason: 'nothing is live' };
  if (live.version !== projection.version)
    return { reason: `version ${live.version} is live, and this is version ${projection.version}` };
  if (live.checkpoint === null) return { reason: 'what is live has no rows yet' };
  if (live.checkpoint.log !== log) return { reason: 'what is live was made from another log' };
  return { live: { projection, build: live.build }, position: live.checkpoint.position };
}

export function differencesIn(comparison: Comparison): string {
  if (comparison.kind === 'not-comparable') return comparison.reason;
  const different = comparison.tables.filter(({ live, replayed }) => !isSame(live, replayed));
  const told = different.map(
    ({ table, live, replayed }) =>
      `${table} has ${live.rows} rows live (${live.digest.slice(0, 12)}) and ${replayed.rows} replayed (${replayed.digest.slice(0, 12)})`,
  );
  return `at ${comparison.position} ${told.join('; ')}`;
}
