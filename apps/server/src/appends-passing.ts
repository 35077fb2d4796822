// Which appends of traced calls pass by on the way into the rows of a projection: each is told once all of it is there,
// so that its call's trace leads to its rows. Nobody makes one where nothing is traced.

import type { EventLog, Position, RecordedEvent } from '#event-log/event-log.js';
import type { Projection } from '#read-models/projection.js';
import { seenLog } from '#server/seen-log.js';
import type { Projected } from '#telemetry/traces.js';

export interface AppendsPassingOptions {
  readonly projection: Projection;
  readonly tell: (projected: readonly Projected[]) => void;
  /** Whether the projection has parked it: then no rows were made. */
  readonly isParked: (stream: string) => boolean;
}

interface Passing extends Omit<Projected, 'endedAt' | 'failed'> {
  /** Of its last event so far. */
  position: Position;
}

/** What is older is caught up with or built anew, and whoever traced its call has the trace since long. */
const tracedForMs = 60_000;

const millisecondsNow = (): number => performance.timeOrigin + performance.now();

export class AppendsPassing {
  readonly #options: AppendsPassingOptions;
  #passing: Passing[] = [];
  #done: Omit<Projected, 'failed'>[] = [];

  constructor(options: AppendsPassingOptions) {
    this.#options = options;
  }

  /** The log, as somebody follows it alone. */
  over(log: EventLog): EventLog {
    return seenLog(log, (event) => this.#see(event));
  }

  /** Everything up to here is in the rows, or parked, which is known only after this turn. */
  movedTo(position: Position): void {
    const behind = this.#passing.findIndex((one) => one.position > position);
    const done = this.#passing.splice(0, behind < 0 ? this.#passing.length : behind);
    if (done.length === 0) return;
    const endedAt = millisecondsNow();
    if (this.#done.length === 0) setImmediate(() => this.#tell());
    for (const { position: _, ...one } of done) this.#done.push({ ...one, endedAt });
  }

  #see({ type, stream, position, metadata }: RecordedEvent): void {
    const { on, onEach, name } = this.#options.projection;
    const { trace, call, time } = metadata;
    if (typeof trace !== 'string' || typeof call !== 'string') return;
    if (onEach === undefined && !Object.hasOwn(on, type)) return;
    const startedAt = millisecondsNow();
    if (startedAt - Date.parse(time) > tracedForMs) return;
    // An append's events follow each other in the log. What is read again was not told yet.
    if (position <= (this.#passing.at(-1)?.position ?? ''))
      this.#passing = this.#passing.filter((one) => one.position < position);
    const last = this.#passing.at(-1);
    if (last?.traceId === trace && last.callId === call && last.stream === stream) last.position = position;
    else this.#passing.push({ traceId: trace, callId: call, stream, projection: name, startedAt, position });
  }

  #tell(): void {
    const { tell, isParked } = this.#options;
    const done = this.#done;
    this.#done = [];
    tell(done.map((one) => (isParked(one.stream) ? { ...one, failed: true } : one)));
  }
}
