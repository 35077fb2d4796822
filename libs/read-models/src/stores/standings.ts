// Where a row stands in its lists, told from the cells of it that decide that.

import type { Cell } from '#read-models/projection.js';
import { facetOf } from '#read-models/ranked.js';
import type { Standing } from '#read-models/stores/rank-book.js';
import type { TableShape } from '#read-models/table-shape.js';

export function standingColumns({ ranked, facets }: TableShape): readonly string[] {
  return ranked.length === 0 ? [] : [...new Set(['place', 'organization_id', ...ranked, ...facets])];
}

export class Standings {
  readonly #place: number;
  readonly #organization: number;
  readonly #keys: readonly number[];
  readonly #facets: readonly number[];

  /** @param columns of the cells that are told from, among them all that decide */
  constructor({ ranked, facets }: TableShape, columns: readonly string[]) {
    const at = (column: string) => columns.indexOf(column);
    this.#place = at('place');
    this.#organization = at('organization_id');
    this.#keys = ranked.map(at);
    this.#facets = facets.map(at);
  }

  /** Null where there is no row. */
  of(cells: readonly Cell[] | null): Standing | null {
    if (cells === null) return null;
    return {
      place: cells[this.#place] as Cell,
      organization: cells[this.#organization] as Cell,
      keys: this.#keys.map((at) => cells[at] as Cell),
      facet: facetOf(this.#facets.map((at) => cells[at] as string)),
    };
  }
}
