import type { ForeignEvents } from '#event-log-eventstoredb/settings.js';
import type { Reading } from '#event-log-eventstoredb/thread/rows.js';

/** At most one report in this time, however many events there are. */
const reportEveryMs = 1_000;

/** Counts the events of other writers that were skipped, and tells of them now and then. */
export class ForeignReports {
  readonly #report: (foreign: ForeignEvents) => void;
  #pending: ForeignEvents | null = null;
  #quietUntil = 0;

  constructor(report: (foreign: ForeignEvents) => void) {
    this.#report = report;
  }

  add({ stream, type, reason }: Extract<Reading, { kind: 'foreign' }>): void {
    const count = (this.#pending?.count ?? 0) + 1;
    const isScheduled = this.#pending !== null;
    this.#pending = { count, lastStream: stream, lastType: type, reason };
    if (isScheduled) return;
    const timer = setTimeout(() => this.#send(), Math.max(0, this.#quietUntil - performance.now()));
    timer.unref();
  }

  #send(): void {
    if (this.#pending === null) return;
    this.#report(this.#pending);
    this.#pending = null;
    this.#quietUntil = performance.now() + reportEveryMs;
  }
}
