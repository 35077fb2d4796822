// One trace from a call over its appends to what is projected of them. Spans name methods and outcomes, and
// nobody: what a trace was about is found by its id in the metadata of the events.

import { AsyncLocalStorage } from 'node:async_hooks';
import { randomFillSync } from 'node:crypto';

import { type Span, spanKinds } from '#telemetry/span-queue.js';

/** A span of whoever called. */
export interface RemoteSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Whether the caller records its part. */
  readonly isSampled: boolean;
}

export interface CallEnd {
  readonly name: string;
  readonly attributes: Span['attributes'];
  readonly failed: boolean;
}

/** Which append it was: all of it stands with each of its events. */
export interface AppendPlace {
  readonly traceId: string;
  readonly callId: string;
  readonly stream: string;
}

export interface Projected extends AppendPlace {
  readonly projection: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** No rows were made of it. */
  readonly failed?: true;
}

interface Current {
  readonly traceId: string;
  readonly spanId: string;
}

/** Appends that somebody may yet project: a few seconds of full load. */
const appendsRememberedMax = 20_000;

const millisecondsNow = (): number => performance.timeOrigin + performance.now();

export class Traces {
  readonly #put: (span: Span) => void;
  readonly #current = new AsyncLocalStorage<Current>();
  readonly #appends = new Map<string, string>();

  constructor(put: (span: Span) => void) {
    this.#put = put;
  }

  /** Whoever does not record its own part gets no part of ours. */
  async call<Answer>(
    parent: RemoteSpan | null,
    run: (traceId: string) => Promise<Answer>,
    endOf: (answer: Answer) => CallEnd,
  ): Promise<Answer> {
    if (parent?.isSampled === false) return run(parent.traceId);
    const span = { traceId: parent?.traceId ?? newHex(16), spanId: newHex(8) };
    const startedAt = millisecondsNow();
    const answer = await this.#current.run(span, () => run(span.traceId));
    const endedAt = millisecondsNow();
    const parentSpanId = parent?.spanId ?? null;
    this.#put({ ...span, parentSpanId, kind: spanKinds.server, startedAt, endedAt, ...endOf(answer) });
    return answer;
  }

  /** Within a call; elsewhere there is nothing to be a part of. */
  append<Answer>(callId: string, stream: string, run: () => Promise<Answer>): Promise<Answer> {
    const current = this.#current.getStore();
    if (current === undefined) return run();
    const { traceId, spanId: parentSpanId } = current;
    const spanId = newHex(8);
    this.#remember(keyOf({ traceId, callId, stream }), spanId);
    const startedAt = millisecondsNow();
    const end = (failed: boolean): void =>
      this.#put({
        traceId,
        spanId,
        parentSpanId,
        name: 'append',
        kind: spanKinds.client,
        startedAt,
        endedAt: millisecondsNow(),
        attributes: {},
        failed,
      });
    return run().then(
      (answer) => {
        end(false);
        return answer;
      },
      (error) => {
        end(true);
        throw error;
      },
    );
  }

  /** Of an append of this process a moment ago; of any other, which a replay may also be at, nothing is told. */
  projected({ projection, startedAt, endedAt, failed, ...place }: Projected): void {
    const parentSpanId = this.#appends.get(keyOf(place));
    if (parentSpanId === undefined) return;
    this.#put({
      traceId: place.traceId,
      spanId: newHex(8),
      parentSpanId,
      name: `project ${projection}`,
      kind: spanKinds.consumer,
      startedAt,
      endedAt,
      attributes: {},
      failed: failed === true,
    });
  }

  #remember(key: string, spanId: string): void {
    this.#appends.set(key, spanId);
    if (this.#appends.size <= appendsRememberedMax) return;
    for (const oldest of this.#appends.keys()) {
      this.#appends.delete(oldest);
      return;
    }
  }
}

const keyOf = ({ traceId, callId, stream }: AppendPlace): string => `${traceId} ${callId} ${stream}`;

const pool = Buffer.alloc(4_096);
let used = pool.length;

/** From a pool: asking the system for eight bytes costs more than the span. */
function newHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString('hex', used - bytes, used);
}
