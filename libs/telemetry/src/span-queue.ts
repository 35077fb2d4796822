// Spans on their way to a collector: OTLP over HTTP, in JSON. The queue is bounded, because a collector that is
// slow or gone may cost spans and never a call.

export interface Span {
  /** 32 and 16 digits of lower-case hex. */
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly name: string;
  readonly kind: SpanKind;
  /** In milliseconds since 1970, with fractions. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly failed: boolean;
}

/** The numbers of OpenTelemetry's proto. */
export const spanKinds = { internal: 1, server: 2, client: 3, consumer: 5 } as const;
export type SpanKind = (typeof spanKinds)[keyof typeof spanKinds];

export interface Resource {
  readonly service: string;
  readonly version: string;
}

export interface SpanQueueOptions {
  /** As OpenTelemetry names it: the path of traces is added to it. */
  readonly endpoint: string;
  readonly resource: Resource;
  /** Told when sending begins to fail, and with null when it goes on. */
  readonly onTrouble: (reason: string | null) => void;
  readonly limits?: SpanQueueLimits;
}

export interface SpanQueueLimits {
  readonly waitingMax: number;
  readonly perRequest: number;
  /** How long a span waits for others at most. */
  readonly collectMs: number;
  readonly answerWithinMs: number;
  readonly againMs: number;
  readonly againMaxMs: number;
}

const defaultLimits: SpanQueueLimits = {
  // Some megabytes: a few seconds of full load, or a collector that is started anew.
  waitingMax: 20_000,
  perRequest: 512,
  collectMs: 1_000,
  answerWithinMs: 5_000,
  againMs: 1_000,
  againMaxMs: 30_000,
};

export class SpanQueue {
  readonly #options: SpanQueueOptions;
  readonly #limits: SpanQueueLimits;
  readonly #url: string;
  #waiting: Span[] = [];
  #sending: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  readonly #ending = new AbortController();
  #failures = 0;
  #sent = 0;
  #dropped = 0;

  constructor(options: SpanQueueOptions) {
    this.#options = options;
    this.#limits = options.limits ?? defaultLimits;
    this.#url = `${options.endpoint.replace(/\/$/, '')}/v1/traces`;
  }

  get sent(): number {
    return this.#sent;
  }

  get dropped(): number {
    return this.#dropped;
  }

  put(span: Span): void {
    if (this.#waiting.length >= this.#limits.waitingMax) {
      this.#dropped += 1;
      return;
    }
    this.#waiting.push(span);
    if (this.#sending === null) this.#sendIn(this.#delayMs());
  }

  /** Sends what is waiting, within a time, and gives the rest up. */
  async close(withinMs: number): Promise<void> {
    const timer = setTimeout(() => this.#ending.abort(), withinMs);
    await this.#sending;
    this.#failures = 0;
    while (this.#waiting.length > 0 && this.#failures === 0 && !this.#ending.signal.aborted)
      await this.#send();
    clearTimeout(timer);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#dropped += this.#waiting.length;
    this.#waiting = [];
  }

  #delayMs(): number {
    const { perRequest, collectMs, againMs, againMaxMs } = this.#limits;
    if (this.#failures > 0) return Math.min(againMs * 2 ** (this.#failures - 1), againMaxMs);
    return this.#waiting.length >= perRequest ? 0 : collectMs;
  }

  /** A timer that is running stays, unless there is now enough to send at once. */
  #sendIn(delayMs: number): void {
    if (this.#timer !== null) {
      if (delayMs > 0) return;
      clearTimeout(this.#timer);
    }
    this.#timer = setTimeout(() => void this.#send(), delayMs).unref();
  }

  #send(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#sending = this.#sendBatch().finally(() => {
      this.#sending = null;
      if (this.#waiting.length > 0) this.#sendIn(this.#delayMs());
    });
    return this.#sending;
  }

  async #sendBatch(): Promise<void> {
    const batch = this.#waiting.splice(0, this.#limits.perRequest);
    if (batch.length === 0) return;
    const outcome = await this.#post(batch);
    if (outcome === 'taken') this.#sent += batch.length;
    else if (outcome.again) this.#waiting = batch.concat(this.#waiting);
    else this.#dropped += batch.length;
    this.#tell(outcome === 'taken' ? null : outcome.reason);
  }

  /** Once when it begins, and once when it is over. */
  #tell(reason: string | null): void {
    const before = this.#failures;
    this.#failures = reason === null ? 0 : before + 1;
    if ((reason === null) !== (before === 0)) this.#options.onTrouble(reason);
  }

  async #post(batch: readonly Span[]): Promise<'taken' | Refused> {
    try {
      const answer = await fetch(this.#url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(requestOf(batch, this.#options.resource)),
        redirect: 'error',
        signal: AbortSignal.any([AbortSignal.timeout(this.#limits.answerWithinMs), this.#ending.signal]),
      });
      await answer.arrayBuffer();
      return answer.ok ? 'taken' : { again: passing.has(answer.status), reason: `status ${answer.status}` };
    } catch {
      return { again: true, reason: 'no answer' };
    }
  }
}

interface Refused {
  readonly again: boolean;
  readonly reason: string;
}

/** OTLP's specification, "Failures": the client is to try these again. */
const passing = new Set([429, 502, 503, 504]);

const errorStatus = { code: 2 };

export function requestOf(spans: readonly Span[], { service, version }: Resource): object {
  return {
    resourceSpans: [
      {
        resource: { attributes: attributesOf({ 'service.name': service, 'service.version': version }) },
        scopeSpans: [{ scope: { name: service, version }, spans: spans.map(encoded) }],
      },
    ],
  };
}

function encoded(span: Span): object {
  const { traceId, spanId, parentSpanId, name, kind } = span;
  return {
    traceId,
    spanId,
    ...(parentSpanId !== null && { parentSpanId }),
    name,
    kind,
    startTimeUnixNano: nanosecondsOf(span.startedAt),
    endTimeUnixNano: nanosecondsOf(span.endedAt),
    attributes: attributesOf(span.attributes),
    ...(span.failed && { status: errorStatus }),
  };
}

/** A text: 64 bits are more than a number of JSON can hold. */
const nanosecondsOf = (milliseconds: number): string => `${Math.round(milliseconds * 1_000)}000`;

function attributesOf(attributes: Span['attributes']): object[] {
  return Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
  }));
}
