// Keys of rows, held against each other.

import type { Cell } from '#read-models/projection.js';

export function isSame(one: Cell, other: Cell): boolean {
  if (one instanceof Uint8Array && other instanceof Uint8Array) return Buffer.compare(one, other) === 0;
  return one === other;
}

/** Another for other cells of the same columns: no text has the character that stands between them. */
export function keyText(cells: readonly Cell[]): string {
  const [only] = cells;
  return cells.length === 1 ? plain(only as Cell) : cells.map(plain).join('\0');
}

function plain(cell: Cell): string {
  if (typeof cell === 'string') return cell;
  return cell instanceof Uint8Array ? Buffer.from(cell).toString('base64') : String(cell);
}
