import type { Cell, Column } from '#read-models/projection.js';

export function isSame(one: Cell, other: Cell): boolean {
  if (one instanceof Uint8Array && other instanceof Uint8Array) return Buffer.compare(one, other) === 0;
  return one === other;
}

/** Another for another key. */
export function keyText(cells: readonly Cell[]): string {
  return JSON.stringify(cells.map(plain));
}

function plain(cell: Cell): unknown {
  return cell instanceof Uint8Array ? [Buffer.from(cell).toString('base64')] : cell;
}

/** An array as PostgreSQL reads it: one parameter for a column of many rows. */
export function arrayOf(kind: Column['kind'], cells: readonly Cell[]): string {
  return `{${cells.map((cell) => elementOf(kind, cell)).join()}}`;
}

function elementOf(kind: Column['kind'], cell: Cell): string {
  if (cell === null) return 'NULL';
  switch (kind) {
    case 'integer':
      return String(cell);
    case 'text':
      return `"${String(cell).replace(/["\\]/g, '\\$&')}"`;
    case 'bytes':
      return `"\\\\x${Buffer.from(cell as Uint8Array).toString('hex')}"`;
  }
}
