// Where log lines go: a queue in front of standard output. A reader that is slow or gone, or a disk that
// is full, costs lines and never a request, so the queue is bounded and what did not fit is counted.

import { write } from 'node:fs';

/** Some 20,000 lines: a reader that is this far behind has stopped. */
const queuedBytesMax = 4 * 1024 * 1024;
/** One write: few enough calls under load, small enough that a pipe takes it in a few turns. */
const writeBytesMax = 64 * 1024;
/** How long a destination that says "not now" is left alone. */
const retryMs = 50;

type Write = typeof write;

interface Line {
  readonly line: string;
  readonly bytes: number;
}

export class LogOutput {
  readonly #descriptor: number;
  readonly #write: Write;
  #queue: Line[] = [];
  #queuedBytes = 0;
  #dropped = 0;
  /** From the first line that waits until all are written. */
  #isBusy = false;
  #isGone = false;
  #idle: (() => void)[] = [];

  constructor(descriptor: number, writeTo: Write = write) {
    this.#descriptor = descriptor;
    this.#write = writeTo;
  }

  /** How many lines were lost since this was last asked. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  write(line: string): void {
    if (this.#isGone) return;
    const bytes = Buffer.byteLength(line);
    if (this.#queuedBytes + bytes > queuedBytesMax) {
      this.#dropped += 1;
      return;
    }
    this.#queue.push({ line, bytes });
    this.#queuedBytes += bytes;
    if (this.#isBusy) return;
    this.#isBusy = true;
    // What is logged in one turn of the event loop is one write: a write costs more than the line.
    setImmediate(() => this.#writeNext());
  }

  /** Answers when everything is written, or when the time is over. */
  flush(withinMs: number): Promise<void> {
    if (!this.#isBusy) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.#idle.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #writeNext(): void {
    const chunk = this.#takeChunk();
    this.#isBusy = chunk.length > 0;
    if (this.#isBusy) this.#writeChunk(chunk);
    else for (const resolve of this.#idle.splice(0)) resolve();
  }

  #takeChunk(): Buffer {
    let length = 0;
    const count = this.#queue.findIndex(({ bytes }) => {
      length += bytes;
      return length > writeBytesMax;
    });
    const lines = this.#queue.splice(0, count === -1 ? this.#queue.length : Math.max(count, 1));
    const chunk = Buffer.from(lines.map(({ line }) => line).join(''));
    this.#queuedBytes -= chunk.length;
    return chunk;
  }

  #writeChunk(chunk: Buffer): void {
    this.#write(this.#descriptor, chunk, 0, chunk.length, null, (error, written) => {
      if (error === null && written < chunk.length) this.#writeChunk(chunk.subarray(written));
      else if (error?.code === 'EAGAIN') setTimeout(() => this.#writeChunk(chunk), retryMs);
      else this.#writeAfter(error);
    });
  }

  #writeAfter(error: NodeJS.ErrnoException | null): void {
    if (error?.code === 'EPIPE' || error?.code === 'EBADF') this.#giveUp();
    else if (error !== null) this.#dropped += 1;
    this.#writeNext();
  }

  /** Nobody will ever read: lines are not even kept any more. */
  #giveUp(): void {
    this.#isGone = true;
    this.#queue = [];
    this.#queuedBytes = 0;
  }
}
