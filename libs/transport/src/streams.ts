// The streams that are open: how many, whose, and why one of them ends before its time.

import type { CallRefusal } from '#transport/refusals.js';
import { streamsMax, streamsPerCallerMax } from '#transport/stream-limits.js';

export interface OpenStream {
  /** Aborted when it is to end. */
  readonly ending: AbortSignal;
  /** Why, once it is aborted. */
  readonly reason: CallRefusal | null;
  end(reason: CallRefusal): void;
  /** It is over: it counts no more. */
  close(): void;
}

const unavailable: CallRefusal = { code: 'unavailable' };

export class Streams {
  readonly #open = new Set<OpenStream>();
  readonly #byCaller = new Map<string, number>();
  #isEnded = false;

  /** A refusal where there are too many, or where all are ended. */
  open(caller: string): OpenStream | CallRefusal {
    if (this.#isEnded) return unavailable;
    const own = this.#byCaller.get(caller) ?? 0;
    if (own >= streamsPerCallerMax) return { code: 'streams-max', maximum: streamsPerCallerMax };
    if (this.#open.size >= streamsMax) return { code: 'streams-max', maximum: streamsMax };
    this.#byCaller.set(caller, own + 1);
    const stream = new CountedStream(() => this.#close(stream, caller));
    this.#open.add(stream);
    return stream;
  }

  end(): void {
    this.#isEnded = true;
    for (const stream of this.#open) stream.end(unavailable);
  }

  #close(stream: OpenStream, caller: string): void {
    if (!this.#open.delete(stream)) return;
    const others = (this.#byCaller.get(caller) ?? 1) - 1;
    if (others === 0) this.#byCaller.delete(caller);
    else this.#byCaller.set(caller, others);
  }
}

class CountedStream implements OpenStream {
  readonly #ending = new AbortController();
  readonly #onClose: () => void;
  #reason: CallRefusal | null = null;

  constructor(onClose: () => void) {
    this.#onClose = onClose;
  }

  get ending(): AbortSignal {
    return this.#ending.signal;
  }

  get reason(): CallRefusal | null {
    return this.#reason;
  }

  end(reason: CallRefusal): void {
    this.#reason ??= reason;
    this.#ending.abort();
  }

  close(): void {
    this.#onClose();
  }
}
