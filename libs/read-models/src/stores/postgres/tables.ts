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

export function creation({ name, shape, trigrams }: Making): string[] {
  const { table, columns, key, contains } = shape;
  const defined = columns.map((column) => {
    const { kind, nullable } = table.columns[column] as (typeof table.columns)[string];
    return `${quoted(column)} ${types[kind]}${kind === 'text' ? bytewise : ''}${nullable === true ? '' : ' NOT NULL'}`;
  });
  const indexes = (table.indexes ?? []).flatMap((index) => ('columns' in index ? [index.columns] : []));
  return [
    `CREATE TABLE ${qualified(name)} (${[...defined, `PRIMARY KEY (${listed(key)})`].join(', ')})
      WITH (fillfactor = ${fillFactor})`,
    ...indexes.map((of) => `CREATE INDEX ON ${qualified(name)} (${listed(of)})`),
    ...contains.map(
      (column) =>
        `CREATE INDEX ON ${qualified(name)} USING gin ((${folded(quoted(column))}) ${quoted(trigrams)}.gin_trgm_ops)`,
    ),
  ];
}
