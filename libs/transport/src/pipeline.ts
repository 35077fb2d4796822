// The one way of every call, whichever stack it came by: limited by its address, authenticated, limited by its
// caller, read, authorized, run, and answered. The order is what protects: nothing is hashed, looked up or decoded for
// an address that asks too fast, and nothing is done for a caller that may not.

import {
  create,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  type DescService,
  type Message,
} from '@bufbuild/protobuf';

import type { RateLimits } from '#access/rate-limits.js';
import type { Application } from '#application/application.js';
import { Reached } from '#application/caller.js';
import { PositionTokens } from '#read-models/position-token.js';
import {
  type Admitted,
  Admitting,
  type Asking,
  type Invocation,
  positionHeader,
  type Unread,
} from '#transport/admitting.js';
import { askerOf } from '#transport/asked.js';
import {
  type Answered,
  type AnswerHeaders,
  type Incoming,
  type Served,
  type ServedMethod,
  type Status,
  type Streamed,
  statusCodes,
} from '#transport/call.js';
import type { SharedBuckets } from '#transport/call-limits.js';
import { failureOf } from '#transport/failures.js';
import { inWordsOf } from '#transport/field-paths.js';
import type {
  Implemented,
  MethodImplementation,
  MethodRules,
  Result,
  StreamImplementation,
} from '#transport/implementation.js';
import { Noticed, noticeHeader, noticesInHeader, type OnPolicyFailed } from '#transport/policies-asked.js';
import type { CallRefusal } from '#transport/refusals.js';
import { repeatHeadersOf } from '#transport/repeat-headers.js';
import { retryAfterMsOf, statusOf } from '#transport/statuses.js';
import { lookAgainMs } from '#transport/stream-limits.js';
import { messagesOf } from '#transport/stream-messages.js';
import { Streams } from '#transport/streams.js';
import { quotaHeadersOf } from '#transport/tally.js';
import { gone, leftAs, whileWaitedFor } from '#transport/waiting.js';

export interface PipelineOptions {
  readonly application: Application;
  readonly services: readonly DescService[];
  /** Of each service what `implement` made of its table. */
  readonly implemented: readonly (readonly Implemented[])[];
  readonly limits: RateLimits;
  /** Where other servers count the same; left out where there are none. */
  readonly sharedBuckets?: SharedBuckets | undefined;
  /** Told what no caller is told. */
  readonly onFailure: (error: unknown, incoming: Incoming) => void;
  /** Left out where nobody mends policies. */
  readonly onPolicyFailed?: OnPolicyFailed;
  /** How often it is looked whether whoever reads a stream still may. */
  readonly lookAgainMs?: number;
}

export function pipelineOf(options: PipelineOptions): Served {
  const pipeline = new Pipeline(options);
  const begun = () => ({ reached: new Reached(), noticed: new Noticed() });
  return {
    services: options.services,
    invoke: (method, read, incoming) => pipeline.invoke({ method, read, incoming, ...begun() }),
    stream: (method, read, incoming) => pipeline.stream({ method, read, incoming, ...begun() }),
    endStreams: () => pipeline.endStreams(),
  };
}

type Ran = Result<object> & { readonly repeatHeaders?: AnswerHeaders };

type RefusedAnswer = Extract<Answered, { readonly kind: 'refused' }>;

/** Much longer than it takes to count. A no that comes later would look like a service that is down. */
const countedWithinMs = 1_000;

const deadlineExceeded: CallRefusal = { code: 'deadline-exceeded' };

class Pipeline {
  readonly #options: PipelineOptions;
  readonly #admitting: Admitting;
  readonly #tokens: PositionTokens;
  readonly #built: ReadonlyMap<ServedMethod, MethodRules<Message> & Asking>;
  readonly #streams = new Streams();

  constructor(options: PipelineOptions) {
    this.#options = options;
    const { application, limits, sharedBuckets, onPolicyFailed = () => undefined } = options;
    this.#tokens = new PositionTokens(application.parts.logIdentity);
    const tokens = this.#tokens;
    this.#admitting = new Admitting({ application, limits, sharedBuckets, tokens, onPolicyFailed });
    this.#built = builtOf(options.implemented);
  }

  /** Never rejects. */
  async invoke(invocation: Invocation<DescMethodUnary>): Promise<Answered> {
    const { signal } = invocation.incoming;
    if (signal.aborted) return this.#refuse(invocation, leftAs(signal));
    const answered = await whileWaitedFor(signal, this.#answer(invocation));
    return answered === gone ? this.#refuse(invocation, deadlineExceeded) : answered;
  }

  /** Never rejects. */
  async stream(invocation: Invocation<DescMethodServerStreaming>): Promise<Streamed> {
    const { signal } = invocation.incoming;
    if (signal.aborted) return this.#refuse(invocation, leftAs(signal));
    const streamed = await whileWaitedFor(signal, this.#begin(invocation));
    return streamed === gone ? this.#refuse(invocation, leftAs(signal)) : streamed;
  }

  endStreams(): void {
    this.#streams.end();
  }

  async #answer(invocation: Invocation<DescMethodUnary>): Promise<Answered> {
    const { method } = invocation;
    try {
      const built = this.#built.get(method) as (MethodImplementation<Message, object> & Asking) | undefined;
      if (built === undefined) return this.#refuse(invocation, notBuilt(method));
      const result = await this.#run(built, invocation);
      if (result.kind === 'refused') return this.#refuseAs(invocation, result.status);
      if (result.kind === 'rejected')
        return await this.#refuseCounted(invocation, inWordsOf(built, result.refusal));
      const message = create(method.output, result.message as Readonly<Record<string, unknown>>);
      const headers = this.#headersOf(invocation);
      const told = { headers: { ...headers, ...result.repeatHeaders }, ...noticesOf(invocation) };
      return { kind: 'answered', message, ...told };
    } catch (error) {
      return this.#fail(invocation, error);
    }
  }

  async #begin(invocation: Invocation<DescMethodServerStreaming>): Promise<Streamed> {
    const { method } = invocation;
    try {
      const built = this.#built.get(method) as (StreamImplementation<Message, object> & Asking) | undefined;
      if (built === undefined) return this.#refuse(invocation, notBuilt(method));
      const admitted = await this.#admitting.admit(built, invocation);
      if (admitted.kind === 'refused') return this.#refuseAs(invocation, admitted.status);
      if (admitted.kind === 'rejected')
        return await this.#refuseCounted(invocation, inWordsOf(built, admitted.refusal));
      return await this.#open(built, invocation, admitted);
    } catch (error) {
      return this.#fail(invocation, error);
    }
  }

  async #open(
    built: StreamImplementation<Message, object>,
    invocation: Invocation<DescMethodServerStreaming>,
    { request, call, asked }: Admitted,
  ): Promise<Streamed> {
    const { method, incoming } = invocation;
    const open = this.#streams.open(call.principal.userStream);
    if ('code' in open) return this.#refuse(invocation, open);
    const { ending } = open;
    try {
      const source = await built.open(request, { ...call, incoming: { ...incoming, signal: ending } });
      if ('kind' in source) {
        open.close();
        return this.#refuse(invocation, inWordsOf(built, source.refusal));
      }
      const messages = messagesOf({
        open,
        source,
        method,
        signal: incoming.signal,
        lookAgainMs: this.#options.lookAgainMs ?? lookAgainMs,
        mayStill: () => this.#admitting.mayStill(incoming, asked),
        statusOf: (refusal) => statusOf(refusal, method, this.#options.application.parts.clock()),
        onFailure: (error) => this.#tell(error, incoming),
      });
      return { kind: 'streaming', headers: this.#headersOf(invocation), messages, ending };
    } catch (error) {
      open.close();
      throw error;
    }
  }

  async #run(
    built: MethodImplementation<Message, object> & Asking,
    invocation: Invocation<DescMethodUnary>,
  ): Promise<Ran | Unread> {
    const admitted = await this.#admitting.admit(built, invocation);
    if (admitted.kind !== 'admitted') return admitted;
    const { request, call } = admitted;
    const result = await built.run(request, call);
    if (result.kind === 'rejected' || !result.isRepeat) return result;
    return { ...result, repeatHeaders: repeatHeadersOf(invocation.method, built.shows?.(request) ?? true) };
  }

  #fail(invocation: Invocation, error: unknown): RefusedAnswer {
    const { incoming } = invocation;
    const { signal } = incoming;
    // A query that stops because nobody waits for it has not failed.
    if (signal.aborted && error === signal.reason) return this.#refuse(invocation, leftAs(signal));
    this.#tell(error, incoming);
    return this.#refuse(invocation, failureOf(error));
  }

  /** It is decided by then: what it has to tell of quotas is counted, where nobody did so far, and not waited for for long. */
  async #refuseCounted(invocation: Invocation, refusal: CallRefusal): Promise<RefusedAnswer> {
    const answer = this.#refuse(invocation, refusal);
    if (answer.status.code !== statusCodes.resourceExhausted) return answer;
    const { incoming } = invocation;
    const { tally } = incoming;
    const counting = tally.countQuotas();
    if (counting === null) return answer;
    const told = counting.catch((error: unknown) => this.#tell(error, incoming));
    await whileWaitedFor(AbortSignal.timeout(countedWithinMs), told);
    return { ...answer, headers: { ...quotaHeadersOf(tally.quotas), ...answer.headers } };
  }

  #refuse(invocation: Invocation, refusal: CallRefusal): RefusedAnswer {
    const now = this.#options.application.parts.clock();
    const retryAfterMs = retryAfterMsOf(refusal, now);
    const status = statusOf(refusal, invocation.method, now);
    const headers = { ...this.#headersOf(invocation, status), ...quotaHeaders(invocation, refusal, status) };
    const told = { refusal, ...noticesOf(invocation) };
    if (retryAfterMs === null) return { kind: 'refused', status, headers, ...told };
    // In whole seconds, and never too early.
    const retryAfter = String(Math.ceil(retryAfterMs / 1_000));
    return { kind: 'refused', status, headers: { ...headers, 'retry-after': retryAfter }, ...told };
  }

  #refuseAs(invocation: Invocation, status: Status): RefusedAnswer {
    return { kind: 'refused', status, headers: this.#headersOf(invocation, status) };
  }

  /** A no may come with an event, too, which a query then has to show. */
  #headersOf(invocation: Invocation, status: Status | null = null): AnswerHeaders {
    const { incoming, noticed, reached } = invocation;
    const { requestId, tally } = incoming;
    const isTold = tally.isAlwaysTold || status?.code === statusCodes.resourceExhausted;
    const limits = isTold ? tally.headersAt(this.#options.application.parts.clock()) : null;
    const { notices } = noticed;
    const said = notices.length === 0 ? null : { [noticeHeader]: noticesInHeader(notices) };
    const { position } = reached;
    if (position === null) return { 'x-request-id': requestId, ...said, ...limits };
    return {
      'x-request-id': requestId,
      [positionHeader]: this.#tokens.tokenOf(position),
      ...said,
      ...limits,
    };
  }

  /** A log that fails must not become the answer. */
  #tell(error: unknown, incoming: Incoming): void {
    try {
      this.#options.onFailure(error, incoming);
    } catch {}
  }
}

const noticesOf = ({ noticed: { notices } }: Invocation) =>
  notices.length === 0 ? null : { notices: notices.map(({ notice }) => notice) };

function builtOf(implemented: PipelineOptions['implemented']) {
  const built = new Map<ServedMethod, MethodRules<Message> & Asking>();
  for (const { method, implementation } of implemented.flat()) {
    if (built.has(method)) throw new TypeError(`${method.parent.typeName}.${method.name} is built twice`);
    built.set(method, { ...implementation, ask: askerOf(implementation.access) });
  }
  return built;
}

/** Of what was asked too fast the quotas of whoever calls; of what there is too little of, those. */
function quotaHeaders(
  { incoming: { tally } }: Invocation,
  refusal: CallRefusal,
  { code }: Status,
): AnswerHeaders | null {
  if (code !== statusCodes.resourceExhausted) return null;
  return quotaHeadersOf(refusal.code === 'quota-exhausted' ? refusal.figures : tally.quotas);
}

const notBuilt = ({ parent, name }: ServedMethod): CallRefusal => ({
  code: 'not-built',
  method: `${parent.typeName}.${name}`,
});
