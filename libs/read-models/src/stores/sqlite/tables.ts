// Tables and indexes of a build, as SQLite makes them.

import { ranksName } from '#read-models/ranked.js';
import type { TableShape } from '#read-models/table-shape.js';

/** Where the texts of a table are found by what is within them. */
export function textIndexName(table: string): string {
  return `${table}_contains`;
}

export function quoted(name: string): string {
  return `"${name}"`;
}

export function listed(names: readonly string[]): string {
  return names.map(quoted).join(', ');
}

const types = { text: 'TEXT', integer: 'INTEGER', bytes: 'BLOB' };

/** The table alone: what is unique by its key. */
export function creation(name: string, { table, key, columns, contains }: TableShape): string {
  const defined = columns.map((column) => {
    const { kind, nullable } = table.columns[column] as (typeof table.columns)[string];
    return `${quoted(column)} ${types[kind]}${nullable === true ? '' : ' NOT NULL'}`;
  });
  // Rows are named to the index of texts by a number that stays, which one that is not declared does not.
  const numbered = contains.length > 0 ? ['rowid INTEGER PRIMARY KEY', ...defined] : defined;
  return `CREATE TABLE ${quoted(name)} (${[...numbered, `UNIQUE (${listed(key)})`].join(', ')}) STRICT`;
}

export interface OrderedIndex {
  readonly columns: readonly string[];
  readonly sql: string;
}

export function orderedIndexes(name: string, { table }: TableShape): OrderedIndex[] {
  const indexes = (table.indexes ?? []).flatMap((index) => ('columns' in index ? [index.columns] : []));
  return indexes.map((columns, number) => {
    const index = quoted(`${name}_by_${number + 1}`);
    return { columns, sql: `CREATE INDEX IF NOT EXISTS ${index} ON ${quoted(name)} (${listed(columns)})` };
  });
}

export function textIndex(name: string, { contains }: TableShape): string[] {
  if (contains.length === 0) return [];
  const index = quoted(textIndexName(name));
  return [
    // It keeps no text of its own, and of each group of three characters only in which column of which row it stands.
    `CREATE VIRTUAL TABLE ${index} USING fts5 (${listed(contains)}, content = ${quoted(name)}, content_rowid = 'rowid', tokenize = 'trigram', detail = column, columnsize = 0)`,
    // Otherwise what is taken out stays in it until it happens to be merged.
    `INSERT INTO ${index} (${index}, rank) VALUES ('secure-delete', 1)`,
  ];
}

export function removal(name: string, { contains, ranked }: TableShape): string[] {
  return [...withoutTextIndex(name, contains), ...withoutRanks(name, ranked), `DROP TABLE ${quoted(name)}`];
}

/** What it counts in, what it begins with, and how many rows follow up to the next one. */
export function ranks(name: string, { ranked }: TableShape): string[] {
  if (ranked.length === 0) return [];
  return [
    `CREATE TABLE ${quoted(ranksName(name))} (
  scope TEXT NOT NULL,
  ordered_by TEXT NOT NULL,
  first_key TEXT NOT NULL,
  first_place TEXT NOT NULL,
  count INTEGER NOT NULL,
  facets TEXT NOT NULL,
  PRIMARY KEY (scope, ordered_by, first_key, first_place)
) STRICT, WITHOUT ROWID`,
  ];
}

export function withoutRanks(name: string, ranked: readonly string[]): string[] {
  return ranked.length > 0 ? [`DROP TABLE IF EXISTS ${quoted(ranksName(name))}`] : [];
}

export function withoutTextIndex(name: string, contains: readonly string[]): string[] {
  return contains.length > 0 ? [`DROP TABLE IF EXISTS ${quoted(textIndexName(name))}`] : [];
}

/** Groups of three at a time are enough to tell rows apart; more would only be read, too. */
const groupsMax = 24;

/** What the index of texts is asked for. Null where no text of a row can be like this. */
export function textQuery(column: string, text: string): string | null {
  const characters = [...text];
  if (characters.length < 3) throw new TypeError('a text of fewer than three characters has no index');
  if (text.includes('\0')) return null;
  const groups = characters.slice(0, -2).map((_, at) => characters.slice(at, at + 3).join(''));
  const sought = [...new Set(groups)].slice(0, groupsMax).map((group) => `"${group.replaceAll('"', '""')}"`);
  return `${quoted(column)} : (${sought.join(' AND ')})`;
}
