// How callers carry a place in the log from the answer to a change into the queries that have to show it.

import { crc32 } from 'node:zlib';

import type { Position } from '#event-log/event-log.js';

/** A sum of 32 bits in base 36, then the position: no engine's is longer. */
const shape = /^([0-9a-z]{1,7})\.([!-~]{1,64})$/;

/** Text that means nothing to whoever carries it. What another log gave, or somebody changed, is found out. */
export class PositionTokens {
  readonly #seed: number;

  constructor(logIdentity: string) {
    this.#seed = crc32(logIdentity);
  }

  tokenOf(position: Position): string {
    return `${this.#sumOf(position)}.${position}`;
  }

  /** Null for what is no token of this log. */
  positionIn(token: string): Position | null {
    const [, sum, position] = shape.exec(token) ?? [];
    return sum !== undefined && sum === this.#sumOf(position as Position) ? (position as Position) : null;
  }

  #sumOf(position: Position): string {
    return crc32(position, this.#seed).toString(36);
  }
}
