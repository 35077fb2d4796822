import type { Cell, Column } from '#read-models/projection.js';

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
