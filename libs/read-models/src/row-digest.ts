// One number for all rows of a table: the same in whatever order they come, and another when one cell is another.

import { hash } from 'node:crypto';
import { types } from 'node:util';

import type { Cell } from '#read-models/projection.js';

/** A SHA-256 has so many numbers of 32 bits; each is added up by itself. */
const lanes = 8;

export class RowDigest {
  readonly #sums = new Uint32Array(lanes);
  #rows = 0;

  /** The cells of a row, always in the same order of columns. */
  add(cells: readonly Cell[]): void {
    const text = JSON.stringify(cells.map(tellable));
    const bytes = hash('sha256', text, 'buffer');
    for (let lane = 0; lane < lanes; lane += 1) {
      this.#sums[lane] = (this.#sums[lane] as number) + bytes.readUInt32LE(lane * 4);
    }
    this.#rows += 1;
  }

  result(): { readonly rows: number; readonly digest: string } {
    return { rows: this.#rows, digest: Buffer.from(this.#sums.buffer).toString('hex') };
  }
}

/** Bytes stand in a list, so that they are never the text that they are told by. */
function tellable(cell: Cell): unknown {
  return types.isUint8Array(cell) ? [Buffer.from(cell).toString('base64')] : cell;
}
