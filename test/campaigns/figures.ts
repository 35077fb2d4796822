// How the figures of a campaign are printed, and which sources they belong to.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

export const sources = join(import.meta.dirname, '..', '..');

/** With `-dirty` where the sources are not what was committed. */
export function commitOf(): string {
  const command = ['describe', '--always', '--dirty', '--abbrev=10'];
  return execFileSync('git', command, { cwd: sources, encoding: 'utf8' }).trim();
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** One line for each row, its figures under their names. */
export function printTable(rows: Readonly<Record<string, Readonly<Record<string, number | string>>>>): void {
  const columns = Object.keys(Object.values(rows)[0] ?? {});
  const width = Math.max(...Object.keys(rows).map((name) => name.length));
  const cell = (value: number | string, column: string): string =>
    String(value).padStart(Math.max(8, column.length) + 2);
  print(`${' '.repeat(width)}${columns.map((column) => cell(column, column)).join('')}`);
  for (const [name, row] of Object.entries(rows)) {
    print(`${name.padEnd(width)}${columns.map((column) => cell(row[column] ?? '', column)).join('')}`);
  }
}
