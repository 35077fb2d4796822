// Changes of one table, gathered so that many rows leave as one statement. What they come to is what they would have
// come to one after the other.

import type { Cell, Row } from '#read-models/projection.js';
import type { OpenedChange } from '#read-models/store.js';
import { isSame, keyText } from '#read-models/stores/keys.js';
import { type Step, Steps } from '#read-models/stores/steps.js';
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

/** Of an organization, and of a user there. */
const groupColumnsMax = 2;
const none: ReadonlySet<number> = new Set();

export class Gathered {
  readonly #shape: TableShape;
  readonly #places: ReadonlyMap<string, number>;
  readonly #keyPlaces: readonly number[];
  /** By which rows that are put are found together; none where the key is one column. */
  readonly #groupedBy: readonly string[];
  readonly #done: Run[] = [];
  #steps: Steps;
  #puts = new Map<string, Pending>();
  /** Keys of rows that are put, by what they begin with: most that is sought among them begins with it, too. */
  #groups = new Map<string, Set<string>>();
  #unsureCount = 0;

  constructor(shape: TableShape) {
    this.#shape = shape;
    this.#places = new Map(shape.columns.map((column, place) => [column, place]));
    this.#keyPlaces = shape.key.map((column) => this.#placeOf(column));
    this.#groupedBy = shape.key.slice(0, Math.min(groupColumnsMax, shape.key.length - 1));
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
      this.#group(key, cells);
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
    const key = this.#keyOf(where);
    if (key === null) {
      this.#endRunWhereUnsure();
      const isOfKey = Object.keys(where).every((column) => this.#shape.key.includes(column));
      for (const [one, { cells }] of this.#matching(where)) {
        this.#takeBack(one, cells);
        // The row that stands there already may not look like this yet, and goes all the same.
        if (!isOfKey) this.#steps.add({ kind: 'remove', where: this.#keyRow(cells) });
      }
    } else {
      const pending = this.#puts.get(key);
      if (pending !== undefined) this.#takeBack(key, pending.cells);
    }
    this.#steps.add({ kind: 'remove', where });
  }

  #takeBack(key: string, cells: readonly Cell[]): void {
    if ((this.#puts.get(key)?.unsure.size ?? 0) > 0) this.#unsureCount -= 1;
    this.#puts.delete(key);
    if (this.#groupedBy.length > 0) this.#groups.get(this.#groupOf(cells))?.delete(key);
  }

  #group(key: string, cells: readonly Cell[]): void {
    if (this.#groupedBy.length === 0) return;
    const name = this.#groupOf(cells);
    const group = this.#groups.get(name);
    if (group === undefined) this.#groups.set(name, new Set([key]));
    else group.add(key);
  }

  #groupOf(cells: readonly Cell[]): string {
    return keyText(this.#groupedBy.map((column) => cells[this.#placeOf(column)] as Cell));
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
    this.#groups = new Map();
    this.#unsureCount = 0;
  }

  #matching(where: Row): [string, Pending][] {
    const sought = Object.entries(where).map(([name, cell]) => [this.#placeOf(name), cell] as const);
    return this.#among(where).filter(([, { cells }]) =>
      sought.every(([place, cell]) => isSame(cells[place] as Cell, cell)),
    );
  }

  #among(where: Row): [string, Pending][] {
    const isGrouped = this.#groupedBy.every((column) => where[column] !== undefined);
    if (this.#groupedBy.length === 0 || !isGrouped) return [...this.#puts];
    const group = this.#groups.get(keyText(this.#groupedBy.map((column) => where[column] as Cell)));
    return [...(group ?? [])].map((key) => [key, this.#puts.get(key) as Pending]);
  }

  /** Null where it names other columns, too, or not all of the key. */
  #keyOf(where: Row): string | null {
    const { key } = this.#shape;
    let named = 0;
    for (const column in where) {
      if (!key.includes(column)) return null;
      named += 1;
    }
    return named < key.length ? null : keyText(key.map((column) => where[column] as Cell));
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
