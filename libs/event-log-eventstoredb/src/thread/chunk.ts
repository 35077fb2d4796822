import type { Position } from '#event-log/event-log.js';
import { chunkCharactersMax, chunkRowsMax } from '#event-log-eventstoredb/limits.js';

/** Rows on their way to become one message. */
export class Chunk {
  #rows: string[] = [];
  #characters = 0;

  get isEmpty(): boolean {
    return this.#rows.length === 0;
  }

  get isFull(): boolean {
    return this.#rows.length >= chunkRowsMax || this.#characters >= chunkCharactersMax;
  }

  add(row: string): void {
    this.#rows.push(row);
    this.#characters += row.length;
  }

  mark(kind: 'checkpoint' | 'caught-up', position: Position): void {
    this.add(JSON.stringify([kind, position]));
  }

  /** The rows as one JSON array; it is empty afterwards. */
  take(): string {
    const text = `[${this.#rows.join(',')}]`;
    this.#rows = [];
    this.#characters = 0;
    return text;
  }
}
