// What happens to rows that are there already, put together into few statements where their order does not matter.

import type { Row } from '#read-models/projection.js';
import { keyText } from '#read-models/stores/keys.js';

export type StoredChange =
  /** With a key, it is of the one row that has it. */
  | { readonly kind: 'set'; readonly where: Row; readonly cells: Row; readonly key?: string }
  | { readonly kind: 'remove'; readonly where: Row };

export interface Changed {
  readonly where: Row;
  readonly cells: Row;
}

/** Changes that one statement makes: they find their rows by the same columns, no row twice, and set the same ones. */
export interface Step {
  readonly kind: 'set' | 'remove';
  readonly changes: readonly Changed[];
}

/** By form, and then by what is sought. */
type Forms = Map<string, Map<string, Changed>>;

/**
 * Within a segment what is removed is removed first, then rows are set by their keys, then by other columns. It ends
 * where that would come to something else than the order in which they were told.
 */
interface Segment {
  readonly removals: Forms;
  readonly byKey: Map<string, Changed>;
  readonly byOthers: Forms;
  /** What is removed by one of these must wait for those that set it. */
  readonly columnsSet: Set<string>;
}

export class Steps {
  readonly #ended: Step[] = [];
  #segment = newSegment();

  add(change: StoredChange): void {
    if (change.kind === 'remove') this.#remove(change.where);
    else if (change.key !== undefined) this.#setByKey(change.key, change);
    else this.#setByOthers(change);
  }

  inOrder(): readonly Step[] {
    this.#endSegment();
    return this.#ended;
  }

  #remove(where: Row): void {
    const { columnsSet } = this.#segment;
    if (Object.keys(where).some((column) => columnsSet.has(column))) this.#endSegment();
    note(this.#segment.removals, formOf(where), { where, cells: {} });
  }

  #setByKey(key: string, { where, cells }: Changed): void {
    if (this.#segment.byOthers.size > 0) this.#endSegment();
    const { byKey, columnsSet } = this.#segment;
    byKey.set(key, { where, cells: { ...byKey.get(key)?.cells, ...cells } });
    for (const column in cells) columnsSet.add(column);
  }

  #setByOthers(changed: Changed): void {
    const form = `${formOf(changed.where)}:${columnsOf(changed.cells)}`;
    // It finds its rows by what it sets: one after the other is not both at once.
    const isOwnCondition = Object.keys(changed.cells).some((column) => changed.where[column] !== undefined);
    const { byOthers } = this.#segment;
    if (byOthers.size > 0 && (isOwnCondition || !byOthers.has(form))) this.#endSegment();
    note(this.#segment.byOthers, form, changed);
    for (const column in changed.cells) this.#segment.columnsSet.add(column);
  }

  #endSegment(): void {
    const { removals, byKey, byOthers } = this.#segment;
    for (const changes of removals.values())
      this.#ended.push({ kind: 'remove', changes: [...changes.values()] });
    const sameColumns = Map.groupBy(byKey.values(), ({ cells }) => columnsOf(cells));
    for (const changes of sameColumns.values()) this.#ended.push({ kind: 'set', changes });
    for (const changes of byOthers.values())
      this.#ended.push({ kind: 'set', changes: [...changes.values()] });
    this.#segment = newSegment();
  }
}

function newSegment(): Segment {
  return {
    removals: new Map(),
    byKey: new Map(),
    byOthers: new Map(),
    columnsSet: new Set(),
  };
}

/** The later one stands in the place of an earlier one that sought the same. */
function note(forms: Forms, form: string, changed: Changed): void {
  let changes = forms.get(form);
  if (changes === undefined) {
    changes = new Map();
    forms.set(form, changes);
  }
  changes.set(keyText(Object.values(changed.where)), changed);
}

/** Nothing equals null, so that it is sought in another way. */
export function formOf(where: Row): string {
  let form = '';
  for (const column in where) form += where[column] === null ? `${column} null,` : `${column},`;
  return form;
}

function columnsOf(row: Row): string {
  return Object.keys(row).join();
}
