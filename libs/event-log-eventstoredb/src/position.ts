// A position of EventStoreDB is a pair of byte offsets. As fixed-width decimal text it compares with `<`
// as the pair does, and sorts after the port's `logStart`.

import type { Position } from '#event-log/event-log.js';
import { logStart } from '#event-log/event-log.js';

export interface LogPosition {
  readonly commit: bigint;
  readonly prepare: bigint;
}

/** Digits of the largest unsigned 64-bit number. */
const digits = 20;

const shape = /^(\d{20})\/(\d{20})$/;

/** What the server sends for a position that it does not know. */
export const unknownOffset = 2n ** 64n - 1n;

export function encodePosition({ commit, prepare }: LogPosition): Position {
  return `${padded(commit)}/${padded(prepare)}` as Position;
}

/** Throws `TypeError` for a text that is no position of this engine: a checkpoint of another log. */
export function decodePosition(position: Position): LogPosition | 'start' {
  if (position === logStart) return 'start';
  const [, commit, prepare] = shape.exec(position) ?? [];
  if (commit === undefined || prepare === undefined) {
    throw new TypeError(`not a position of an EventStoreDB log: ${JSON.stringify(position)}`);
  }
  const decoded = { commit: BigInt(commit), prepare: BigInt(prepare) };
  if (decoded.commit < unknownOffset && decoded.prepare < unknownOffset) return decoded;
  throw new TypeError(`a position beyond every log: ${position}`);
}

function padded(offset: bigint): string {
  return offset.toString().padStart(digits, '0');
}
