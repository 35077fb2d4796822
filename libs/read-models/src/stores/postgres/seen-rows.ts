// What a transaction does to rows that are ranked: each is looked at before its first change, and held against what it
// is in the end.

import type pg from 'pg';

import type { Cell } from '#read-models/projection.js';
import type { Pending, Run } from '#read-models/stores/gathered.js';
import { keyText } from '#read-models/stores/keys.js';
import { told } from '#read-models/stores/postgres/connections.js';
import {
  looking,
  puttings,
  type Statement,
  stepping,
  type Target,
} from '#read-models/stores/postgres/statements.js';
import type { Move } from '#read-models/stores/rank-book.js';
import { Standings, standingColumns } from '#read-models/stores/standings.js';
import type { Changed, Step } from '#read-models/stores/steps.js';

type Cells = readonly Cell[];

interface Seen {
  /** Null where there was no row. */
  readonly before: Cells | null;
  /** Null where that has to be looked up. */
  after: Cells | null;
}

export class SeenRows {
  readonly #client: pg.ClientBase;
  readonly #target: Target;
  /** By which a row stands in its lists. */
  readonly #deciding: ReadonlySet<string>;
  readonly #looked: readonly string[];
  readonly #places: readonly number[];
  readonly #seen = new Map<string, Seen>();

  constructor(client: pg.ClientBase, target: Target) {
    const { shape } = target;
    this.#client = client;
    this.#target = target;
    this.#deciding = new Set(standingColumns(shape));
    this.#looked = [...new Set([...shape.key, ...this.#deciding])];
    this.#places = this.#looked.map((column) => shape.columns.indexOf(column));
  }

  async write({ steps, puts }: Run): Promise<void> {
    for (const step of steps) {
      if (this.#isMoving(step)) await this.#look(step.changes);
      await this.#run(stepping(this.#target, step));
    }
    if (puts.length > 0) await this.#look(puts.map((pending) => this.#keyOf(pending)));
    for (const statement of puttings(this.#target, puts)) await this.#run(statement);
    for (const pending of puts) this.#put(pending);
  }

  /** Of every row that was seen. */
  async moves(): Promise<readonly Move[]> {
    const unknown = [...this.#seen].filter(([, { after }]) => after === null).map(([key]) => key);
    const found = new Map<string, Cells>();
    const { key } = this.#target.shape;
    const sought = unknown.map((one) => this.#whereOf(one.split('\0')));
    if (sought.length > 0)
      for (const cells of await this.#ask(looking(this.#target, sought, this.#looked)))
        found.set(keyText(cells.slice(0, key.length)), cells);
    const standings = new Standings(this.#target.shape, this.#looked);
    return [...this.#seen].map(([one, { before, after }]) => [
      standings.of(before),
      standings.of(after ?? found.get(one) ?? null),
    ]);
  }

  #isMoving({ kind, changes: [first] }: Step): boolean {
    return kind === 'remove' || Object.keys(first?.cells ?? {}).some((column) => this.#deciding.has(column));
  }

  async #look(changes: readonly Changed[]): Promise<void> {
    for (const cells of await this.#ask(looking(this.#target, changes, this.#looked))) {
      const key = keyText(cells.slice(0, this.#target.shape.key.length));
      this.#seen.set(key, {
        before: this.#seen.has(key) ? (this.#seen.get(key)?.before ?? null) : cells,
        after: null,
      });
    }
  }

  #put({ cells, unsure }: Pending): void {
    const looked = this.#places.map((place) => cells[place] as Cell);
    const key = keyText(looked.slice(0, this.#target.shape.key.length));
    const isKnown = !this.#places.some((place) => unsure.has(place));
    this.#seen.set(key, { before: this.#seen.get(key)?.before ?? null, after: isKnown ? looked : null });
  }

  #keyOf({ cells }: Pending): Changed {
    return this.#whereOf(this.#target.shape.key.map((_, at) => cells[this.#places[at] as number] as Cell));
  }

  #whereOf(key: readonly Cell[]): Changed {
    const named = this.#target.shape.key.map((column, at) => [column, key[at] as Cell]);
    return { where: Object.fromEntries(named), cells: {} };
  }

  async #ask(statement: Statement): Promise<readonly Cells[]> {
    const { rows } = await told(this.#client.query<Cell[]>({ ...statement, rowMode: 'array' }));
    return rows;
  }

  async #run(statement: Statement): Promise<void> {
    await told(this.#client.query(statement));
  }
}
