// Blocks of rows that follow one another, counted in the transaction that changes the rows: for all rows in the order of
// their adding, and by each ranked column, and for each organization alike once it is large. A block begins with a row
// that is there, so that nothing of a row is left in it when the row is gone.

import { randomBytes } from 'node:crypto';
import type { Database, Statement } from 'better-sqlite3';

import { compareTexts } from '#read-models/compare-texts.js';
import type { Cell } from '#read-models/projection.js';
import { orderOfPlaces, rankedScope, ranksName } from '#read-models/ranked.js';
import { RankedRows } from '#read-models/stores/sqlite/ranked-rows.js';
import { quoted } from '#read-models/stores/sqlite/tables.js';

export interface RankLimits {
  /** Rows of a block that was just made. One of more than twice as many is divided. */
  readonly blockRows: number;
  /** An organization of fewer has no blocks but by place: its list is sorted for each page. */
  readonly rankedFrom: number;
}

/** A block is walked in some tenths of a millisecond, or in some milliseconds of a small part of all rows. */
export const rankLimits: RankLimits = { blockRows: 512, rankedFrom: 5_000 };
/** All blocks of an order are read for a page: of very many rows there are no more, but larger ones. */
const blocksMax = 1_000;
/** Scopes whose blocks stay at hand; most of them are an organization with one block. */
const scopesAtHandMax = 10_000;

export interface RankedTable {
  readonly name: string;
  readonly ranked: readonly string[];
  readonly limits: RankLimits;
}

/** Where a row stands in its lists. */
export interface Standing {
  /** Null where no list shows it. */
  readonly place: Cell;
  readonly organization: Cell;
  /** By the ranked columns. */
  readonly keys: readonly Cell[];
}

interface Block {
  readonly key: string;
  readonly place: string;
  count: number;
}

interface StoredBlock extends Block {
  readonly order: string;
}

interface Scope {
  /** By what they are in order of. */
  readonly orders: Map<string, Block[]>;
  total: number;
}

interface Touched {
  readonly scope: string;
  readonly order: string;
}

export class Ranks {
  readonly #limits: RankLimits;
  readonly #ranked: readonly string[];
  readonly #rows: RankedRows;
  readonly #load: Statement<[string], StoredBlock>;
  readonly #put: Statement<[string, string, string, string, number]>;
  readonly #remove: Statement<[string, string, string, string]>;
  readonly #removeScope: Statement<[string]>;
  readonly #readStamp: Statement<[], number>;
  #scopes = new Map<string, Scope>();
  #touched = new Map<Block, Touched>();
  /** Written with every change: blocks at hand are those of the file where it is the same. */
  #stamp: number | null = null;
  /** Rows were noted, and are not counted in the file yet. */
  #isOpen = false;

  constructor(database: Database, { name, ranked, limits }: RankedTable) {
    this.#limits = limits;
    this.#ranked = ranked;
    this.#rows = new RankedRows(database, name);
    const table = quoted(ranksName(name));
    this.#load = database.prepare(
      `SELECT ordered_by AS "order", first_key AS key, first_place AS place, count FROM ${table}
        WHERE scope = ? AND ordered_by <> '' ORDER BY ordered_by, first_key, first_place`,
    );
    this.#put = database.prepare(`REPLACE INTO ${table} VALUES (?, ?, ?, ?, ?)`);
    this.#remove = database.prepare(
      `DELETE FROM ${table} WHERE scope = ? AND ordered_by = ? AND first_key = ? AND first_place = ?`,
    );
    this.#removeScope = database.prepare(`DELETE FROM ${table} WHERE scope = ? AND ordered_by <> ''`);
    this.#readStamp = database
      .prepare<[], number>(`SELECT count FROM ${table} WHERE scope = '' AND ordered_by = ''`)
      .pluck();
  }

  /** What became of a row; null where it was not there, or is not there any more. */
  note(before: Standing | null, after: Standing | null): void {
    const [was, is] = [shown(before), shown(after)];
    if (was === null && is === null) return;
    this.#open();
    this.#move({ order: orderOfPlaces, was, is, keyOf: () => '' });
    for (const [at, order] of this.#ranked.entries())
      this.#move({ order, was, is, keyOf: ({ keys }) => keys[at] as string });
  }

  /** After all rows of the transaction, before it ends. */
  write(): void {
    if (!this.#isOpen) return;
    for (const [block, { scope, order }] of this.#touched) this.#keep(scope, order, block);
    for (const [block, { scope, order }] of this.#touched)
      if (block.count > 2 * this.#blockRowsOf(scope)) this.#divide(scope, order, block);
    for (const scope of new Set([...this.#touched.values()].map((one) => one.scope))) this.#judge(scope);
    this.#touched.clear();
    this.#stamp = randomBytes(6).readUIntBE(0, 6);
    this.#put.run('', '', '', '', this.#stamp);
    this.#isOpen = false;
  }

  /** What was noted of a transaction that did not come about. */
  forget(): void {
    this.#touched.clear();
    if (this.#isOpen) this.#scopes.clear();
    this.#isOpen = false;
  }

  /** Of rows that were written in bulk. Others get their turns between two steps. */
  *build(): Generator<void, void> {
    this.#open();
    const counts = this.#rows.counts();
    const total = counts.reduce((sum, { count }) => sum + count, 0);
    const all = counts.map(({ organization, count }) => [rankedScope(organization), count] as const);
    for (const [scope, count] of [[rankedScope(null), total] as const, ...all]) {
      if (count === 0) continue;
      this.#begin(scope, orderOfPlaces, count);
      if (count < this.#limits.rankedFrom) continue;
      for (const order of this.#ranked) {
        this.#begin(scope, order, count);
        yield;
      }
    }
    this.#scopes.clear();
    this.#isOpen = false;
  }

  #move({ order, was, is, keyOf }: Moving): void {
    const isSame = was !== null && is !== null && was.place === is.place && keyOf(was) === keyOf(is);
    if (isSame && was.organization === is.organization) return;
    for (const scopeOf of isSame ? [ofOrganization] : [ofAll, ofOrganization]) {
      if (was !== null) this.#count({ scope: scopeOf(was), order }, [keyOf(was), was.place], -1);
      if (is !== null) this.#count({ scope: scopeOf(is), order }, [keyOf(is), is.place], 1);
    }
  }

  #count({ scope, order }: Touched, [key, place]: readonly [string, string], by: 1 | -1): void {
    const known = this.#scopeOf(scope);
    if (order === orderOfPlaces) known.total += by;
    const blocks = known.orders.get(order);
    if (blocks === undefined) return;
    const at = lastUpTo(blocks, key, place);
    const block = blocks[at] as Block;
    block.count += by;
    this.#touched.set(block, { scope, order });
    if (by === 1 || block.key !== key || block.place !== place) return;
    // The row that it began with is gone: what follows belongs to the block before.
    const before = blocks[at - 1] as Block;
    before.count += block.count;
    this.#touched.set(before, { scope, order });
    blocks.splice(at, 1);
    this.#touched.delete(block);
    this.#remove.run(scope, order, key, place);
  }

  #open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    const stamp = this.#readStamp.get() ?? null;
    // Another connection wrote, or what this one wrote did not come about.
    if (stamp !== this.#stamp || this.#scopes.size > scopesAtHandMax) this.#scopes.clear();
    this.#stamp = stamp;
  }

  #scopeOf(name: string): Scope {
    const known = this.#scopes.get(name);
    if (known !== undefined) return known;
    const scope: Scope = { orders: new Map(), total: 0 };
    for (const { order, ...block } of this.#load.all(name)) {
      if (order === orderOfPlaces) scope.total += block.count;
      const blocks = scope.orders.get(order);
      if (blocks === undefined) scope.orders.set(order, [block]);
      else blocks.push(block);
    }
    if (scope.orders.size === 0) scope.orders.set(orderOfPlaces, [{ key: '', place: '', count: 0 }]);
    this.#scopes.set(name, scope);
    return scope;
  }

  #blockRowsOf(scope: string): number {
    return Math.max(this.#limits.blockRows, Math.ceil(this.#scopeOf(scope).total / blocksMax));
  }

  /** Whether it is large by now, or whether nothing is left of it. */
  #judge(scope: string): void {
    const { total, orders } = this.#scopeOf(scope);
    if (total === 0) {
      this.#removeScope.run(scope);
      this.#scopes.delete(scope);
    } else if (total >= this.#limits.rankedFrom && orders.size === 1) {
      for (const order of this.#ranked) this.#begin(scope, order, total);
    }
  }

  #begin(scope: string, order: string, count: number): void {
    const block = { key: '', place: '', count };
    const known = this.#scopeOf(scope);
    known.orders.set(order, [block]);
    known.total = count;
    this.#keep(scope, order, block);
    this.#divide(scope, order, block);
  }

  #divide(scope: string, order: string, block: Block): void {
    const blockRows = this.#blockRowsOf(scope);
    const blocks = this.#scopeOf(scope).orders.get(order) as Block[];
    const isNarrow = blocks.length === 1 && this.#isNarrow(scope, block.count);
    const walk = { scope, order, blockRows, isNarrow, from: block };
    const firsts = this.#rows.every(walk, Math.ceil(block.count / blockRows) - 1);
    let [last, left] = [block, block.count];
    const added = firsts.map(({ key, place }) => {
      last.count = blockRows;
      left -= blockRows;
      last = { key, place, count: left };
      return last;
    });
    blocks.splice(blocks.indexOf(block) + 1, 0, ...added);
    for (const one of [block, ...added]) this.#keep(scope, order, one);
  }

  /** Whether its rows are found and sorted sooner than they are picked out of the index of all. */
  #isNarrow(scope: string, count: number): boolean {
    return scope !== rankedScope(null) && count * sortingCosts < this.#scopeOf(rankedScope(null)).total;
  }

  #keep(scope: string, order: string, { key, place, count }: Block): void {
    this.#put.run(scope, order, key, place, count);
  }
}

/** To find a row and sort it costs as much as to pass so many by in an index. */
const sortingCosts = 16;

interface Shown extends Standing {
  readonly place: string;
}

interface Moving {
  readonly order: string;
  readonly was: Shown | null;
  readonly is: Shown | null;
  readonly keyOf: (standing: Standing) => string;
}

const shown = (standing: Standing | null): Shown | null =>
  standing === null || standing.place === null ? null : (standing as Shown);
const ofAll = (): string => rankedScope(null);
const ofOrganization = ({ organization }: Standing): string => rankedScope(organization as string);

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
