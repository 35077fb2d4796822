// One statement for many rows: each column is one parameter.

import type { Cell } from '#read-models/projection.js';
import type { Pending, Run } from '#read-models/stores/gathered.js';
import { arrayOf } from '#read-models/stores/postgres/cells.js';
import { listed, qualified, quoted, types } from '#read-models/stores/postgres/tables.js';
import type { Step } from '#read-models/stores/steps.js';
import type { TableShape } from '#read-models/table-shape.js';

export interface Statement {
  readonly text: string;
  readonly values: string[];
}

export interface Target {
  readonly name: string;
  readonly shape: TableShape;
}

export function statementsOf(target: Target, { steps, puts }: Run): Statement[] {
  return [...steps.map((step) => stepping(target, step)), ...puttings(target, puts)];
}

export const stepping = (target: Target, step: Step): Statement =>
  step.kind === 'set' ? setting(target, step) : removal(target, step);

export function puttings(target: Target, puts: readonly Pending[]): Statement[] {
  const alike = Map.groupBy(puts, ({ unsure }) => [...unsure].sort((one, other) => one - other).join());
  return [...alike.values()].map((some) => putting(target, some));
}

/** What stands in these columns of the rows that are found by the changes. */
export function looking(
  { name, shape }: Target,
  changes: Step['changes'],
  columns: readonly string[],
): Statement {
  const rows = new Rows(shape);
  const condition = conditionOf({ changes }, rows);
  const from = rows.values.length === 0 ? '' : `, ${rows.from()}`;
  const told = columns.map((column) => `stored.${quoted(column)}`).join(', ');
  return {
    text: `SELECT ${told} FROM ${qualified(name)} AS stored${from} WHERE ${condition}`,
    values: rows.values,
  };
}

function putting({ name, shape }: Target, puts: readonly Pending[]): Statement {
  const { columns, key } = shape;
  const unsure = puts[0]?.unsure ?? new Set();
  const replaced = columns.filter((column, place) => !key.includes(column) && !unsure.has(place));
  const doing =
    replaced.length === 0
      ? 'NOTHING'
      : `UPDATE SET ${replaced.map((column) => `${quoted(column)} = excluded.${quoted(column)}`).join(', ')}`;
  const rows = new Rows(shape);
  for (const [place, column] of columns.entries())
    rows.add(
      column,
      puts.map(({ cells }) => cells[place] as Cell),
    );
  return {
    text: `INSERT INTO ${qualified(name)} (${listed(columns)}) SELECT * FROM ${rows.from()}
      ON CONFLICT (${listed(key)}) DO ${doing}`,
    values: rows.values,
  };
}

function setting({ name, shape }: Target, step: Step): Statement {
  const rows = new Rows(shape);
  const sets = Object.keys(step.changes[0]?.cells ?? {}).map((column) => {
    const sought = rows.add(
      column,
      step.changes.map(({ cells }) => cells[column] as Cell),
    );
    return `${quoted(column)} = ${sought}`;
  });
  const condition = conditionOf(step, rows);
  return {
    text: `UPDATE ${qualified(name)} AS stored SET ${sets.join(', ')} FROM ${rows.from()} WHERE ${condition}`,
    values: rows.values,
  };
}

function removal({ name, shape }: Target, step: Step): Statement {
  const rows = new Rows(shape);
  const condition = conditionOf(step, rows);
  const using = rows.values.length === 0 ? '' : `USING ${rows.from()}`;
  return {
    text: `DELETE FROM ${qualified(name)} AS stored ${using} WHERE ${condition}`,
    values: rows.values,
  };
}

function conditionOf({ changes }: Pick<Step, 'changes'>, rows: Rows): string {
  return Object.entries(changes[0]?.where ?? {})
    .map(([column, cell]) => {
      if (cell === null) return `stored.${quoted(column)} IS NULL`;
      const sought = rows.add(
        column,
        changes.map(({ where }) => where[column] as Cell),
      );
      // Named on the side of the parameter, the index of the column stays of use.
      return `stored.${quoted(column)} = ${sought}${rows.isText(column) ? ' COLLATE "C"' : ''}`;
    })
    .join(' AND ');
}

class Rows {
  readonly values: string[] = [];
  readonly #shape: TableShape;
  readonly #parameters: string[] = [];

  constructor(shape: TableShape) {
    this.#shape = shape;
  }

  /** What the cell is called in the statement. */
  add(column: string, cells: readonly Cell[]): string {
    const { kind } = this.#shape.table.columns[column] as TableShape['table']['columns'][string];
    this.values.push(arrayOf(kind, cells));
    this.#parameters.push(`$${this.values.length}::${types[kind]}[]`);
    return `given.c${this.values.length}`;
  }

  isText(column: string): boolean {
    return this.#shape.table.columns[column]?.kind === 'text';
  }

  from(): string {
    const names = this.values.map((_, place) => `c${place + 1}`);
    return `unnest(${this.#parameters.join(', ')}) AS given (${names.join(', ')})`;
  }
}
