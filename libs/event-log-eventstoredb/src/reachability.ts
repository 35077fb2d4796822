// Whether the server is there. While it is not, calls are refused at once instead of each waiting for its own
// deadline, and one probe at a time asks for it.

import { setImmediate as nextTurn } from 'node:timers/promises';

import { backoffMs, pause } from '#event-log-eventstoredb/backoff.js';
import { probeEveryMs } from '#event-log-eventstoredb/limits.js';

export interface WaitOptions {
  /** How long to wait at most; whoever has something at stake waits longer. */
  readonly patienceMs: number;
  /** A server that has been away for this long is not waited for at all. */
  readonly refuseAfterMs: number;
  readonly signal?: AbortSignal;
}

/** Probes before they become regular: a server that only restarts is found soon. */
const quickProbes = 4;

export class Reachability {
  readonly #probe: () => Promise<string | null>;
  readonly #closed = new AbortController();
  #downSince: number | null = null;
  #reason = '';
  #isProbing = false;
  #waiting = new Set<() => void>();

  /** `probe` resolves to null when the server answers, else to why it is not there. */
  constructor(probe: () => Promise<string | null>) {
    this.#probe = probe;
  }

  get reason(): string {
    return this.#reason;
  }

  /** Something failed that should not; nobody is refused unless the probe fails, too. */
  suspect(): void {
    if (!this.#isProbing && !this.#closed.signal.aborted) void this.#probeUntilUp();
  }

  /** True once the server is there. */
  async whenUp({ patienceMs, refuseAfterMs, signal }: WaitOptions): Promise<boolean> {
    if (this.#downSince === null) return !this.#closed.signal.aborted;
    if (performance.now() - this.#downSince >= refuseAfterMs) {
      // Never within one turn: a caller that tries again at once would leave no turn to find the server in.
      await nextTurn();
      return false;
    }
    const woken = new AbortController();
    const wake = () => woken.abort();
    this.#waiting.add(wake);
    signal?.addEventListener('abort', wake);
    await pause(patienceMs, woken.signal);
    signal?.removeEventListener('abort', wake);
    this.#waiting.delete(wake);
    return this.#downSince === null && !this.#closed.signal.aborted;
  }

  close(): void {
    this.#closed.abort();
    this.#wakeAll();
  }

  async #probeUntilUp(): Promise<void> {
    this.#isProbing = true;
    for (let attempt = 0; !this.#closed.signal.aborted; attempt += 1) {
      const reason = await this.#probe();
      if (reason === null) break;
      this.#reason = reason;
      this.#downSince ??= performance.now();
      const delayMs = attempt < quickProbes ? backoffMs(attempt) : probeEveryMs + backoffMs(attempt) / 2;
      await pause(delayMs, this.#closed.signal);
    }
    this.#isProbing = false;
    this.#downSince = null;
    this.#wakeAll();
  }

  #wakeAll(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}
