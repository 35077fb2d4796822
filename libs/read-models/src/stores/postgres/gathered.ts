// Changes of one table, gathered so that many rows leave as one statement. What they come to is what they would have
// come to one after the other.

import type { Cell, Row } from '#read-models/projection.js';
import type { OpenedChange } from '#read-models/store.js';
import { isSame, keyText } from '#read-models/stores/postgres/cells.js';
import { type Step, Steps } from '#read-models/stores/postgres/steps.js';
import type { TableShape } from '#read-models/table-shape.js';

type Change<Kind extends OpenedChange['change']> = Extract<OpenedChange, { readonly change: Kind }>;

/** A row as it is to stand. */
export interface Pending {
  readonly cells: Cell[];
  /** Columns that stay as they are where there is such a row already; by their place. */
  unsure: ReadonlySet<number>;
}

/** First what happens to rows that are there already, then whole rows in their place. */
export interface Run {
  readonly steps: readonly Step[];
  readonly puts: readonly Pending[];
}

const none: ReadonlySet<number> = new Set();

export class Gathered {
  readonly #shape: TableShape;
  readonly #places: ReadonlyMap<string, number>;
  readonly #keyPlaces: readonly number[];
  readonly #done: Run[] = [];
  #steps: Steps;
  #puts = new Map<string, Pending>();
  #unsureCount = 0;

  constructor(shape: TableShape) {
    this.#shape = shape;
    this.#places = new Map(shape.columns.map((column, place) => [column, place]));
    this.#keyPlaces = shape.key.map((column) => this.#placeOf(column));
    this.#steps = new Steps();
  }

  /** Throws `RowRefused`. */
  add(change: OpenedChange): void {
    switch (change.change) {
      case 'put':
        this.#put(change);
        return;
      case 'set':
        this.#set(change);
        return;
      case 'remove':
        this.#remove(change);
        return;
    }
  }

  runs(): readonly Run[] {
    this.#endRun();
    return this.#done;
  }

  #put({ row, keeps = [] }: Change<'put'>): void {
    this.#shape.checkKeeps(keeps);
    const cells = this.#shape.cellsOf(row);
    const kept = keeps.map((column) => this.#placeOf(column)).filter((at) => !this.#keyPlaces.includes(at));
    const key = keyText(this.#keyPlaces.map((place) => cells[place] as Cell));
    const before = this.#puts.get(key);
    if (before === undefined) {
      this.#puts.set(key, { cells, unsure: kept.length === 0 ? none : new Set(kept) });
      if (kept.length > 0) this.#unsureCount += 1;
      return;
    }
    for (const place of kept) cells[place] = before.cells[place] as Cell;
    const unsure = new Set(kept.filter((place) => before.unsure.has(place)));
    if (before.unsure.size > 0 && unsure.size === 0) this.#unsureCount -= 1;
    this.#puts.set(key, { cells, unsure });
  }

  #set({ where, cells }: Change<'set'>): void {
    this.#shape.checkSet({ where, cells });
    this.#shape.namedCellsOf(cells);
    this.#shape.namedCellsOf(where);
    const key = this.#keyOf(where);
    if (key === null) {
      this.#endRunWhereUnsure();
      for (const pending of this.#matching(where)) this.#setIn(pending[1], cells);
      this.#steps.add({ kind: 'set', where, cells });
      return;
    }
    const pending = this.#puts.get(key);
    if (pending === undefined) this.#steps.add({ kind: 'set', where, cells, key });
    else this.#setIn(pending, cells);
  }

  #setIn(pending: Pending, cells: Row): void {
    for (const name in cells) pending.cells[this.#placeOf(name)] = cells[name] as Cell;
    if (pending.unsure.size === 0) return;
    const unsure = new Set(
      [...pending.unsure].filter((place) => cells[this.#shape.columns[place] ?? ''] === undefined),
    );
    if (unsure.size === 0) this.#unsureCount -= 1;
    pending.unsure = unsure;
  }

  #remove({ where }: Change<'remove'>): void {
    this.#shape.checkWhere(where);
    this.#shape.namedCellsOf(where);
    const key = this.#keyOf(where);
    if (key === null) {
      this.#endRunWhereUnsure();
      // The row that stands there already may not look like this yet, and goes all the same.
      for (const [one, { cells }] of this.#matching(where)) this.#removeOne(one, this.#keyRow(cells));
      this.#steps.add({ kind: 'remove', where });
    } else this.#removeOne(key, where);
  }

  #removeOne(key: string, where: Row): void {
    if ((this.#puts.get(key)?.unsure.size ?? 0) > 0) this.#unsureCount -= 1;
    this.#puts.delete(key);
    this.#steps.add({ kind: 'remove', where });
  }

  /** By other columns than the key, a row that is not wholly known may be found or not. */
  #endRunWhereUnsure(): void {
    if (this.#unsureCount > 0) this.#endRun();
  }

  #endRun(): void {
    const run = { steps: this.#steps.inOrder(), puts: [...this.#puts.values()] };
    if (run.steps.length + run.puts.length > 0) this.#done.push(run);
    this.#steps = new Steps();
    this.#puts = new Map();
    this.#unsureCount = 0;
  }

  #matching(where: Row): [string, Pending][] {
    const sought = Object.entries(where).map(([name, cell]) => [this.#placeOf(name), cell] as const);
    return [...this.#puts].filter(([, { cells }]) =>
      sought.every(([place, cell]) => isSame(cells[place] as Cell, cell)),
    );
  }

  /** Null where it names other columns, too, or not all of the key. */
  #keyOf(where: Row): string | null {
    const { key } = this.#shape;
    if (Object.keys(where).length !== key.length) return null;
    if (!key.every((column) => where[column] !== undefined)) return null;
    return keyText(key.map((column) => where[column] as Cell));
  }

  #keyRow(cells: readonly Cell[]): Row {
    return Object.fromEntries(
      this.#shape.key.map((column) => [column, cells[this.#placeOf(column)] as Cell]),
    );
  }

  #placeOf(column: string): number {
    return this.#places.get(column) as number;
  }
}
