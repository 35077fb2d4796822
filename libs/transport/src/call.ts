// What every stack hands to the pipeline and gets back from it: gRPC, gRPC-Web, Connect and REST know nothing
// else of what a call means, and the pipeline knows nothing of how it came.

import type {
  DescMessage,
  DescMethod,
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
  Message,
  MessageInitShape,
} from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';

import type { CallRefusal } from '#transport/refusals.js';
import type { Tally } from '#transport/tally.js';
import type { TraceParent } from '#transport/trace-parent.js';

/** What a call brings along besides its message. */
export interface Incoming {
  readonly requestId: string;
  /** What is kept with each event. Of the caller's `traceparent`, or made here where calls are traced. */
  readonly traceId: string | null;
  readonly traceParent: TraceParent | null;
  /** The header as it came; null where there is none. */
  readonly authorization: string | null;
  /** `x-zitadel-orgid`: among the caller's organizations, the one to act in. */
  readonly organization: string | null;
  readonly idempotencyKey: string | null;
  /** `x-countersign-position`: what the answer has to show, as an earlier call was told. */
  readonly position: string | null;
  /** `x-countersign-code` and `x-countersign-recovery-code`: what a user shows where a call asks for a factor. */
  readonly code: string | null;
  readonly recoveryCode: string | null;
  /** Of the client; behind a trusted proxy, the one that the proxy tells. */
  readonly address: string;
  /** Filled by the pipeline: what the answer has to tell of limits. */
  readonly tally: Tally;
  /** Aborted when nobody waits for the answer any more: by deadline, or by leaving. */
  readonly signal: AbortSignal;
  /** Set by a stack that lets strangers in, by what their message shows; never by anything that came along. */
  readonly enters?: true;
}

/** A copy by its fields alone would have no signal: some stacks make it when it is first asked for. */
export const incomingWith = (incoming: Incoming, changed: Partial<Incoming>): Incoming => ({
  ...incoming,
  signal: incoming.signal,
  ...changed,
});

/** The numbers are gRPC's, and on the wire. */
export const statusCodes = {
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  dataLoss: 15,
  unauthenticated: 16,
} as const;

export type StatusCode = (typeof statusCodes)[keyof typeof statusCodes];

/** A `google.rpc.Status`: the same no, on whatever wire. */
export interface Status {
  readonly code: StatusCode;
  readonly message: string;
  readonly details: readonly Any[];
  /** Where HTTP tells it otherwise than by its code. */
  readonly httpStatus?: number;
}

/** Headers or trailers in lower case that come with an answer, whatever it is. */
export type AnswerHeaders = Readonly<Record<string, string>>;

export type Answered =
  | {
      readonly kind: 'answered';
      readonly message: Message;
      readonly headers: AnswerHeaders;
      /** What policies that decided have to say, for whoever has a place for it. */
      readonly notices?: readonly string[];
    }
  | {
      readonly kind: 'refused';
      readonly status: Status;
      readonly headers: AnswerHeaders;
      /** For stacks that tell it in words of their own; left out where it was refused before it was read. */
      readonly refusal?: CallRefusal;
      readonly notices?: readonly string[];
    };

/** What came as a request: a message of the method, or why it is none. */
export type Read =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'refused'; readonly status: Status };

/** Who calls, for requests that are about oneself and do not say who that is. */
export interface ReadFor {
  readonly organizationId: string;
  /** Null for strangers, for who is gone by now, and for who has no id that a request could name. */
  readonly self: () => Promise<Oneself | null>;
}

export interface Oneself {
  readonly userId: string;
  readonly kind: 'human' | 'machine';
  /** That calls; null for whoever calls with an access token. */
  readonly sessionId: string | null;
}

/**
 * Called at most once, and not at all for whoever asks too fast, or is not known where nobody else is let in: reading costs
 * more than they may.
 */
export type Reader = (caller: ReadFor) => Read | Promise<Read>;

/** No client streams here: a call has one message, and one answer or many. */
export type ServedMethod = DescMethodUnary | DescMethodServerStreaming;

export const isUnary = (method: DescMethod): method is DescMethodUnary => method.methodKind === 'unary';

export const isStreaming = (method: DescMethod): method is DescMethodServerStreaming =>
  method.methodKind === 'server_streaming';

export const isServed = (method: DescMethod): method is ServedMethod =>
  isUnary(method) || isStreaming(method);

/** Never rejects: whatever breaks behind it is logged there, and a refusal here. */
export type Invoke = (method: DescMethodUnary, read: Reader, incoming: Incoming) => Promise<Answered>;

/** Each next message when it is asked for, and at last how it ended: null for well. It never throws. */
export type Messages = AsyncGenerator<Message, Status | null, void>;

export interface Streaming {
  readonly kind: 'streaming';
  readonly headers: AnswerHeaders;
  readonly messages: Messages;
  /** Aborted when it ends before its time, so that nobody waits for a reader who does not read. */
  readonly ending: AbortSignal;
}

export type Streamed = Streaming | Extract<Answered, { readonly kind: 'refused' }>;

/** Never rejects, as `Invoke`. */
export type InvokeStream = (
  method: DescMethodServerStreaming,
  read: Reader,
  incoming: Incoming,
) => Promise<Streamed>;

/** What a stack serves: every method of these services whose callers send one message, whether it is built or not. */
export interface Served {
  readonly services: readonly DescService[];
  readonly invoke: Invoke;
  readonly stream: InvokeStream;
  /** Ends all streams as unavailable, and refuses new ones: the process is about to end. */
  readonly endStreams: () => void;
}

export type AnswerOf<Output extends DescMessage> = MessageInitShape<Output>;
