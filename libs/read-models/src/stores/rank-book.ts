// Blocks of rows that follow one another, and what a transaction changes of them, whichever engine keeps them: for all
// rows in the order of their adding, and by each ranked column, and for each organization alike once it is large. A block
// begins with a row that is there, so that nothing of a row is left in it when the row is gone.

import { randomBytes } from 'node:crypto';

import { compareTexts } from '#read-models/compare-texts.js';
import type { Cell } from '#read-models/projection.js';
import { orderOfPlaces, rankedScope, sortingCosts } from '#read-models/ranked.js';

export interface RankLimits {
  /** Rows of a block that was just made. One of more than twice as many is divided. */
  readonly blockRows: number;
  /** An organization of fewer has no blocks but by place: its list is sorted for each page. */
  readonly rankedFrom: number;
}

/** A block is walked in some tenths of a millisecond, or in some milliseconds of a small part of all rows. */
export const rankLimits: RankLimits = { blockRows: 512, rankedFrom: 5_000 };
/** All blocks of an order are read for a page, and each is written to by most batches: of many rows they are larger. */
const blocksMax = 250;
/** Scopes whose blocks stay at hand; most of them are an organization with one block. */
const scopesAtHandMax = 10_000;

/** Where a row stands in its lists. */
export interface Standing {
  /** Null where no list shows it. */
  readonly place: Cell;
  readonly organization: Cell;
  /** By the ranked columns. */
  readonly keys: readonly Cell[];
  /** By which rows of a block are counted apart, as one text. */
  readonly facet: string;
}

/** What became of a row; null where it was not there, or is not there any more. */
export type Move = readonly [before: Standing | null, after: Standing | null];

/** How many rows there are of each facet. */
export type FacetCounts = Map<string, number>;

export interface First {
  readonly key: string;
  readonly place: string;
}

export interface Part extends First {
  readonly facets: FacetCounts;
}

interface Block extends First {
  count: number;
  readonly facets: FacetCounts;
}

export interface BlockOrder {
  readonly scope: string;
  readonly order: string;
}

export interface StoredBlock extends BlockOrder, First {
  readonly count: number;
  /** As `told`. */
  readonly facets: string;
}

/** Asked of the engine: which rows each further part of a block begins with, and what is in it. */
export interface Dividing extends BlockOrder {
  readonly from: First;
  readonly blockRows: number;
  /** Parts after the first. */
  readonly parts: number;
  /** In the last of them. */
  readonly lastRows: number;
  /** That it has rows of. */
  readonly facets: readonly string[];
  /** From the first row on, of a scope that is better sorted than picked out of the index of all. */
  readonly isNarrow: boolean;
}

export type Dividings = Generator<Dividing, void, readonly Part[]>;

export interface RankChanges {
  /** Organizations of which nothing is left. */
  readonly emptied: readonly string[];
  /** Blocks that are part of the one before now. */
  readonly gone: readonly (BlockOrder & First)[];
  readonly blocks: readonly StoredBlock[];
  readonly stamp: number;
}

interface Scope {
  /** By what they are in order of. */
  readonly orders: Map<string, Block[]>;
  total: number;
}

interface Options {
  readonly ranked: readonly string[];
  readonly limits: RankLimits;
  /** The blocks of a scope, in order. */
  readonly load: (scope: string) => readonly StoredBlock[];
}

export const told = (facets: FacetCounts): string =>
  JSON.stringify(Object.fromEntries([...facets].filter(([, count]) => count > 0)));

export class RankBook {
  readonly #limits: RankLimits;
  readonly #ranked: readonly string[];
  readonly #load: Options['load'];
  #scopes = new Map<string, Scope>();
  #touched = new Map<Block, BlockOrder>();
  #gone: (BlockOrder & First)[] = [];
  #emptied: string[] = [];
  /** Written with every change: blocks at hand are those that are kept where it is the same. */
  #stamp: number | null = null;
  /** Rows were noted, and are not counted where blocks are kept. */
  #isOpen = false;

  constructor({ ranked, limits, load }: Options) {
    this.#ranked = ranked;
    this.#limits = limits;
    this.#load = load;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Before the first row of a transaction is noted: with the stamp that is kept. */
  open(stamp: number | null): void {
    this.#isOpen = true;
    // Another connection wrote, or what this one wrote did not come about.
    if (stamp !== this.#stamp || this.#scopes.size > scopesAtHandMax) this.#scopes.clear();
    this.#stamp = stamp;
  }

  isAtHand(scope: string): boolean {
    return this.#scopes.has(scope);
  }

  note([before, after]: Move): void {
    const [was, is] = [shown(before), shown(after)];
    if (was === null && is === null) return;
    this.#move({ order: orderOfPlaces, was, is, keyOf: () => '' });
    for (const [at, order] of this.#ranked.entries())
      this.#move({ order, was, is, keyOf: ({ keys }) => keys[at] as string });
  }

  /** After all rows of the transaction. */
  *settle(): Dividings {
    for (const [block, { scope, order }] of [...this.#touched])
      if (block.count > 2 * this.#blockRowsOf(scope)) yield* this.#divide(scope, order, block);
    for (const scope of new Set([...this.#touched.values()].map((one) => one.scope)))
      yield* this.#judge(scope);
  }

  /** To be kept before the transaction ends. */
  close(): RankChanges {
    const blocks = [...this.#touched].map(([{ key, place, count, facets }, of]) => ({
      ...of,
      key,
      place,
      count,
      facets: told(facets),
    }));
    this.#stamp = randomBytes(6).readUIntBE(0, 6);
    const changes = { blocks, gone: this.#gone, emptied: this.#emptied, stamp: this.#stamp };
    this.#rest();
    return changes;
  }

  /** What was noted of a transaction that did not come about. */
  forget(): void {
    if (this.#isOpen) this.#scopes.clear();
    this.#rest();
  }

  /** Of rows that were written in bulk: in which orders they are to be begun, those of all first. */
  ordersOf(scope: string, count: number): readonly string[] {
    const isRanked = scope === rankedScope(null) || count >= this.#limits.rankedFrom;
    return isRanked ? [orderOfPlaces, ...this.#ranked] : [orderOfPlaces];
  }

  *begin(scope: string, order: string, facets: FacetCounts): Dividings {
    const block = { key: '', place: '', count: sumOf(facets), facets: new Map(facets) };
    const known = this.#scopeOf(scope);
    known.orders.set(order, [block]);
    known.total = block.count;
    this.#touched.set(block, { scope, order });
    if (block.count > this.#blockRowsOf(scope)) yield* this.#divide(scope, order, block);
  }

  #rest(): void {
    this.#touched = new Map();
    this.#gone = [];
    this.#emptied = [];
    this.#isOpen = false;
  }

  #move({ order, was, is, keyOf }: Moving): void {
    const isThere = was !== null && is !== null && was.place === is.place && keyOf(was) === keyOf(is);
    const isOfAll = isThere && was.facet === is.facet;
    if (isOfAll && was.organization === is.organization) return;
    for (const scopeOf of isOfAll ? [ofOrganization] : [ofAll, ofOrganization]) {
      if (was !== null) this.#count({ scope: scopeOf(was), order, row: was, key: keyOf(was) }, -1);
      if (is !== null) this.#count({ scope: scopeOf(is), order, row: is, key: keyOf(is) }, 1);
    }
  }

  #count({ scope, order, row: { place, facet }, key }: Counted, by: 1 | -1): void {
    const known = this.#scopeOf(scope);
    if (order === orderOfPlaces) known.total += by;
    const blocks = known.orders.get(order);
    if (blocks === undefined) return;
    const at = lastUpTo(blocks, key, place);
    const block = blocks[at] as Block;
    block.count += by;
    addTo(block.facets, facet, by);
    this.#touched.set(block, { scope, order });
    if (by === 1 || block.key !== key || block.place !== place) return;
    // The row that it began with is gone: what follows belongs to the block before.
    const before = blocks[at - 1] as Block;
    before.count += block.count;
    for (const [one, count] of block.facets) addTo(before.facets, one, count);
    this.#touched.set(before, { scope, order });
    blocks.splice(at, 1);
    this.#touched.delete(block);
    this.#gone.push({ scope, order, key, place });
  }

  #scopeOf(name: string): Scope {
    const known = this.#scopes.get(name);
    if (known !== undefined) return known;
    const scope: Scope = { orders: new Map(), total: 0 };
    for (const { order, key, place, count, facets } of this.#load(name)) {
      if (order === orderOfPlaces) scope.total += count;
      const block = { key, place, count, facets: new Map(Object.entries<number>(JSON.parse(facets))) };
      const blocks = scope.orders.get(order);
      if (blocks === undefined) scope.orders.set(order, [block]);
      else blocks.push(block);
    }
    if (scope.orders.size === 0) scope.orders.set(orderOfPlaces, [{ ...beginning, facets: new Map() }]);
    this.#scopes.set(name, scope);
    return scope;
  }

  #blockRowsOf(scope: string): number {
    return Math.max(this.#limits.blockRows, Math.ceil(this.#scopeOf(scope).total / blocksMax));
  }

  /** Whether it is large by now, or whether nothing is left of it. */
  *#judge(scope: string): Dividings {
    const { total, orders } = this.#scopeOf(scope);
    if (total === 0) {
      this.#emptied.push(scope);
      this.#touched = new Map([...this.#touched].filter(([, of]) => of.scope !== scope));
      this.#scopes.delete(scope);
    } else if (total >= this.#limits.rankedFrom && orders.size === 1) {
      const facets = sumsOf(orders.get(orderOfPlaces) as Block[]);
      for (const order of this.#ranked) yield* this.begin(scope, order, facets);
    }
  }

  *#divide(scope: string, order: string, block: Block): Dividings {
    const blockRows = this.#blockRowsOf(scope);
    const blocks = this.#scopeOf(scope).orders.get(order) as Block[];
    const parts = Math.ceil(block.count / blockRows) - 1;
    const lastRows = block.count - parts * blockRows;
    const isNarrow = blocks.length === 1 && this.#isNarrow(scope, block.count);
    const facets = [...block.facets].filter(([, count]) => count > 0).map(([facet]) => facet);
    const found = yield { scope, order, from: block, blockRows, parts, lastRows, facets, isNarrow };
    const added = found.map((part) => ({ ...part, count: sumOf(part.facets) }));
    const isWhole = added.length === parts && added.every(({ count }, at) => count === rowsIn(at));
    if (!isWhole) throw new Error(`there are other rows by ${order} than were counted`);
    for (const part of added) {
      block.count -= part.count;
      for (const [facet, rows] of part.facets) addTo(block.facets, facet, -rows);
    }
    blocks.splice(blocks.indexOf(block) + 1, 0, ...added);
    for (const one of [block, ...added]) this.#touched.set(one, { scope, order });

    function rowsIn(at: number): number {
      return at === parts - 1 ? lastRows : blockRows;
    }
  }

  /** Whether its rows are found and sorted sooner than they are picked out of the index of all. */
  #isNarrow(scope: string, count: number): boolean {
    return scope !== rankedScope(null) && count * sortingCosts < this.#scopeOf(rankedScope(null)).total;
  }
}

const beginning = { key: '', place: '', count: 0 };

interface Shown extends Standing {
  readonly place: string;
}

interface Moving {
  readonly order: string;
  readonly was: Shown | null;
  readonly is: Shown | null;
  readonly keyOf: (standing: Standing) => string;
}

interface Counted extends BlockOrder {
  readonly row: Shown;
  readonly key: string;
}

const shown = (standing: Standing | null): Shown | null =>
  standing === null || standing.place === null ? null : (standing as Shown);
const ofAll = (): string => rankedScope(null);
const ofOrganization = ({ organization }: Standing): string => rankedScope(organization as string);

export const scopesOf = ([before, after]: Move): readonly string[] => {
  const standings = [shown(before), shown(after)].filter((one) => one !== null);
  return standings.flatMap((one) => [ofAll(), ofOrganization(one)]);
};

export function addTo(facets: FacetCounts, facet: string, count: number): void {
  facets.set(facet, (facets.get(facet) ?? 0) + count);
}

function sumsOf(blocks: readonly Block[]): FacetCounts {
  const sums: FacetCounts = new Map();
  for (const { facets } of blocks) for (const [facet, count] of facets) addTo(sums, facet, count);
  return sums;
}

function sumOf(facets: FacetCounts): number {
  let sum = 0;
  for (const count of facets.values()) sum += count;
  return sum;
}

/** The first of all comes before whatever there may be. */
function lastUpTo(blocks: readonly Block[], key: string, place: string): number {
  let [from, to] = [0, blocks.length - 1];
  while (from < to) {
    const middle = Math.ceil((from + to) / 2);
    const { key: firstKey, place: firstPlace } = blocks[middle] as Block;
    const isAfter = (compareTexts(firstKey, key) || compareTexts(firstPlace, place)) > 0;
    if (isAfter) to = middle - 1;
    else from = middle;
  }
  return from;
}
