// Tables and indexes of a build, as PostgreSQL makes them.

import type { TableShape } from '#read-models/table-shape.js';

export const schemaName = 'read_models';
/** There is one thing to be had: the right to project. */
export const leaseName = 'projecting';

/** As it stands in statements that name the schema themselves. */
export function qualified(name: string): string {
  return `${schemaName}.${quoted(name)}`;
}

export function quoted(name: string): string {
  return `"${name}"`;
}

export function listed(names: readonly string[]): string {
  return names.map(quoted).join(', ');
}

export const types = { text: 'text', integer: 'bigint', bytes: 'bytea' } as const;

/** In the order of its bytes, as SQLite has it, wherever the server stands. */
const bytewise = ' COLLATE "C"';
/** Room in each page for the next version of a row beside the one it replaces: no index need then know of it. */
const fillFactor = 80;

/**
 * Case is folded by mapping each character by itself to upper case: what is within a text is then within the folded
 * text, which lower case does not promise (a sigma at the end of a word).
 */
export function folded(expression: string): string {
  return `upper(${expression} COLLATE "und-x-icu")`;
}

export interface Making {
  readonly name: string;
  readonly shape: TableShape;
  /** Where the extension has its operators. */
  readonly trigrams: string;
}

/** The table alone: what is unique by its key. */
export function creation(
  { name, shape }: Pick<Making, 'name' | 'shape'>,
  filledTo: number = fillFactor,
): string {
  const { table, columns, key } = shape;
  const defined = columns.map((column) => {
    const { kind, nullable } = table.columns[column] as (typeof table.columns)[string];
    return `${quoted(column)} ${types[kind]}${kind === 'text' ? bytewise : ''}${nullable === true ? '' : ' NOT NULL'}`;
  });
  return `CREATE TABLE ${qualified(name)} (${[...defined, `PRIMARY KEY (${listed(key)})`].join(', ')})
    WITH (fillfactor = ${filledTo})`;
}

export interface TableIndex {
  readonly name: string;
  /** By which rows are found; none where it is of texts. */
  readonly columns: readonly string[];
  readonly sql: string;
}

export function indexesOf({ name, shape, trigrams }: Making): TableIndex[] {
  const ordered = (shape.table.indexes ?? []).flatMap((index) => ('columns' in index ? [index.columns] : []));
  const made = (ending: string, columns: readonly string[], of: string): TableIndex => ({
    name: `${name}_${ending}`,
    columns,
    sql: `CREATE INDEX IF NOT EXISTS ${quoted(`${name}_${ending}`)} ON ${qualified(name)} ${of}`,
  });
  return [
    ...ordered.map((columns, number) => made(`by_${number + 1}`, columns, `(${listed(columns)})`)),
    ...shape.contains.map((column, number) =>
      made(
        `contains_${number + 1}`,
        [],
        `USING gin ((${folded(quoted(column))}) ${quoted(trigrams)}.gin_trgm_ops)`,
      ),
    ),
  ];
}
