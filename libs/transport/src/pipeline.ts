// The one way of every call, whichever stack it came by: limited by its address, authenticated, limited by its
// caller, read, authorized, run, and answered. The order is what protects: nothing is hashed, looked up or decoded for
// an address that asks too fast, and nothing is done for a caller that may not.

import {
  create,
  type DescMessage,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  type DescService,
  type Message,
} from '@bufbuild/protobuf';

import type { RateLimits } from '#access/rate-limits.js';
import type { Application } from '#application/application.js';
import { Reached, type Refused } from '#application/caller.js';
import type { OrganizationId } from '#domain/ids.js';
import { PositionTokens } from '#read-models/position-token.js';
import { askerOf, type NoId } from '#transport/asked.js';
import { authenticate } from '#transport/authenticate.js';
import { type Asked, authorize } from '#transport/authorize.js';
import type {
  Answered,
  AnswerHeaders,
  Incoming,
  Read,
  Reader,
  Served,
  ServedMethod,
  Status,
  Streamed,
} from '#transport/call.js';
import { CallLimits, type Cost } from '#transport/call-limits.js';
import { calledBy } from '#transport/called-by.js';
import { failureOf } from '#transport/failures.js';
import { inWordsOf } from '#transport/field-paths.js';
import {
  type Call,
  type Implemented,
  type MethodImplementation,
  type MethodRules,
  type Principal,
  type Result,
  refused,
  type StreamImplementation,
} from '#transport/implementation.js';
import type { CallRefusal } from '#transport/refusals.js';
import { retryAfterMsOf, statusOf } from '#transport/statuses.js';
import { lookAgainMs } from '#transport/stream-limits.js';
import { messagesOf } from '#transport/stream-messages.js';
import { Streams } from '#transport/streams.js';
import { gone, leftAs, whileWaitedFor } from '#transport/waiting.js';

export interface PipelineOptions {
  readonly application: Application;
  readonly services: readonly DescService[];
  /** Of each service what `implement` made of its table. */
  readonly implemented: readonly (readonly Implemented[])[];
  readonly limits: RateLimits;
  /** Told what no caller is told. */
  readonly onFailure: (error: unknown, incoming: Incoming) => void;
  /** How often it is looked whether whoever reads a stream still may. */
  readonly lookAgainMs?: number;
}

export function pipelineOf(options: PipelineOptions): Served {
  const pipeline = new Pipeline(options);
  return {
    services: options.services,
    invoke: (method, read, incoming) => pipeline.invoke({ method, read, incoming, reached: new Reached() }),
    stream: (method, read, incoming) => pipeline.stream({ method, read, incoming, reached: new Reached() }),
    endStreams: () => pipeline.endStreams(),
  };
}

interface Invocation<Method extends ServedMethod = ServedMethod> {
  readonly method: Method;
  readonly read: Reader;
  readonly incoming: Incoming;
  readonly reached: Reached;
}

/** What is no message of the method, refused in the words of the stack that could not read it. */
type Unread = Extract<Read, { readonly kind: 'refused' }>;

type Ran = Result<object> & { readonly repeatHeaders?: AnswerHeaders };

interface Asking {
  readonly ask: (request: Message) => Asked | NoId;
}

type RefusedAnswer = Extract<Answered, { readonly kind: 'refused' }>;

interface Admitted {
  readonly kind: 'admitted';
  readonly request: Message;
  readonly call: Call;
  readonly asked: Asked;
}

const positionHeader = 'x-countersign-position';

const deadlineExceeded: CallRefusal = { code: 'deadline-exceeded' };
const unauthenticated = refused({ code: 'unauthenticated' });
const positionUnknown = refused({ code: 'position-unknown', field: positionHeader });

class Pipeline {
  readonly #options: PipelineOptions;
  readonly #limits: CallLimits;
  readonly #tokens: PositionTokens;
  readonly #built: ReadonlyMap<ServedMethod, MethodRules<Message> & Asking>;
  readonly #streams = new Streams();

  constructor(options: PipelineOptions) {
    this.#options = options;
    const { clock, logIdentity } = options.application.parts;
    this.#limits = new CallLimits(options.limits, clock);
    this.#tokens = new PositionTokens(logIdentity);
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
      if (result.kind === 'rejected') return this.#refuse(invocation, inWordsOf(built, result.refusal));
      const message = create(method.output, result.message as Readonly<Record<string, unknown>>);
      const headers = this.#headersOf(invocation);
      return { kind: 'answered', message, headers: { ...headers, ...result.repeatHeaders } };
    } catch (error) {
      return this.#fail(invocation, error);
    }
  }

  async #begin(invocation: Invocation<DescMethodServerStreaming>): Promise<Streamed> {
    const { method } = invocation;
    try {
      const built = this.#built.get(method) as (StreamImplementation<Message, object> & Asking) | undefined;
      if (built === undefined) return this.#refuse(invocation, notBuilt(method));
      const admitted = await this.#admit(built, invocation);
      if (admitted.kind === 'refused') return this.#refuseAs(invocation, admitted.status);
      if (admitted.kind === 'rejected') return this.#refuse(invocation, inWordsOf(built, admitted.refusal));
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
        mayStill: () => this.#mayStill(incoming, asked),
        statusOf: (refusal) => statusOf(refusal, method, this.#options.application.parts.clock()),
        onFailure: (error) => this.#tell(error, incoming),
      });
      return { kind: 'streaming', headers: this.#headersOf(invocation), messages, ending };
    } catch (error) {
      open.close();
      throw error;
    }
  }

  /** Null while whoever began a stream may still read it. */
  async #mayStill(incoming: Incoming, asked: Asked): Promise<CallRefusal | null> {
    const { application } = this.#options;
    const principal = await authenticate(application, incoming.authorization);
    if (principal === null) return unauthenticated.refusal;
    const chosen = (incoming.organization || null) as OrganizationId | null;
    const authorized = await authorize({ application, principal, chosen }, asked);
    return authorized.kind === 'rejected' ? authorized.refusal : null;
  }

  async #run(
    built: MethodImplementation<Message, object> & Asking,
    invocation: Invocation<DescMethodUnary>,
  ): Promise<Ran | Unread> {
    const admitted = await this.#admit(built, invocation);
    if (admitted.kind !== 'admitted') return admitted;
    const { request, call } = admitted;
    const result = await built.run(request, call);
    if (result.kind === 'rejected' || !result.isRepeat) return result;
    return { ...result, repeatHeaders: repeatHeadersOf(invocation.method, built.shows?.(request) ?? true) };
  }

  async #admit(
    built: MethodRules<Message> & Asking,
    invocation: Invocation,
  ): Promise<Admitted | Refused<CallRefusal> | Unread> {
    const { incoming } = invocation;
    const tooFast = this.#limits.ofAddress(incoming.address);
    if (tooFast !== null) return refused(tooFast);
    const principal = await authenticate(this.#options.application, incoming.authorization);
    if (principal === null) {
      this.#limits.countStranger(incoming.address);
      return unauthenticated;
    }
    const tooMany = this.#limits.ofCaller(principal.userStream);
    if (tooMany !== null) return refused(tooMany);
    const found = invocation.read();
    const read = found instanceof Promise ? await found : found;
    if (read.kind === 'refused') return read;
    return this.#admitAs(principal, built, { ...invocation, request: read.message });
  }

  async #admitAs(
    principal: Principal,
    built: MethodRules<Message> & Asking,
    { method, request, incoming, reached }: Invocation & { readonly request: Message },
  ): Promise<Admitted | Refused<CallRefusal>> {
    const { application } = this.#options;
    const tooCostly = this.#limits.ofCost(principal.userStream, costOf(built, request));
    if (tooCostly !== null) return refused(tooCostly);
    const asked = built.ask(request);
    if ('code' in asked) return refused(asked);
    const chosen = (incoming.organization || null) as OrganizationId | null;
    const authorized = await authorize({ application, principal, chosen }, asked);
    if (authorized.kind === 'rejected') return authorized;
    const called = calledBy(application, { principal, method, request, incoming, reached });
    if (called.kind === 'rejected') return called;
    const position = incoming.position === null ? null : this.#tokens.positionIn(incoming.position);
    if (position === null && incoming.position !== null) return positionUnknown;
    // From here on something may change: whoever has left by now wants nothing any more.
    if (incoming.signal.aborted) return refused(leftAs(incoming.signal));
    const { organizationId } = authorized;
    const call = { incoming, principal, by: called.by, organizationId, position };
    return { kind: 'admitted', request, call, asked };
  }

  #fail(invocation: Invocation, error: unknown): RefusedAnswer {
    const { incoming } = invocation;
    const { signal } = incoming;
    // A query that stops because nobody waits for it has not failed.
    if (signal.aborted && error === signal.reason) return this.#refuse(invocation, leftAs(signal));
    this.#tell(error, incoming);
    return this.#refuse(invocation, failureOf(error));
  }

  #refuse(invocation: Invocation, refusal: CallRefusal): RefusedAnswer {
    const now = this.#options.application.parts.clock();
    const retryAfterMs = retryAfterMsOf(refusal, now);
    const status = statusOf(refusal, invocation.method, now);
    const headers = this.#headersOf(invocation);
    if (retryAfterMs === null) return { kind: 'refused', status, headers };
    // In whole seconds, and never too early.
    const retryAfter = String(Math.ceil(retryAfterMs / 1_000));
    return { kind: 'refused', status, headers: { ...headers, 'retry-after': retryAfter } };
  }

  #refuseAs(invocation: Invocation, status: Status): RefusedAnswer {
    return { kind: 'refused', status, headers: this.#headersOf(invocation) };
  }

  /** A no may come with an event, too, which a query then has to show. */
  #headersOf({ incoming: { requestId }, reached: { position } }: Invocation): AnswerHeaders {
    if (position === null) return { 'x-request-id': requestId };
    return { 'x-request-id': requestId, [positionHeader]: this.#tokens.tokenOf(position) };
  }

  /** A log that fails must not become the answer. */
  #tell(error: unknown, incoming: Incoming): void {
    try {
      this.#options.onFailure(error, incoming);
    } catch {}
  }
}

function builtOf(implemented: PipelineOptions['implemented']) {
  const built = new Map<ServedMethod, MethodRules<Message> & Asking>();
  for (const { method, implementation } of implemented.flat()) {
    if (built.has(method)) throw new TypeError(`${method.parent.typeName}.${method.name} is built twice`);
    built.set(method, { ...implementation, ask: askerOf(implementation.access) });
  }
  return built;
}

const justACall: Cost = { guesses: 0, hashes: 0 };

function costOf({ guesses, hashes }: MethodRules<Message>, request: Message): Cost {
  if (guesses === undefined && hashes === undefined) return justACall;
  return { guesses: guesses ? 1 : 0, hashes: Math.max(0, hashes?.(request) ?? 0) };
}

const notBuilt = ({ parent, name }: ServedMethod): CallRefusal => ({
  code: 'not-built',
  method: `${parent.typeName}.${name}`,
});

/** Of whatever is shown once. A repeat leaves it out, and some of the messages are not ours to say so in. */
const shownOnce = new Set(['secret', 'uri', 'recoveryCodes', 'token', 'emailCode', 'verificationCode']);

function repeatHeadersOf({ output }: DescMethodUnary, isAskedFor: boolean): AnswerHeaders {
  const replayed = { 'idempotent-replayed': 'true' };
  return isAskedFor && showsOnce(output)
    ? { ...replayed, 'x-countersign-secret-already-shown': 'true' }
    : replayed;
}

/** Itself, or each of whom it tells: deeper nothing is shown. */
const showsOnce = ({ fields }: DescMessage): boolean =>
  [...fields, ...fields.flatMap(({ message }) => message?.fields ?? [])].some(({ localName }) =>
    shownOnce.has(localName),
  );
