// What a stream tells, one message after the other, until its source has no more, its caller leaves or may no longer
// read it, its time is over, or the process ends.

import { create, type DescMethodServerStreaming } from '@bufbuild/protobuf';

import type { Messages, Status } from '#transport/call.js';
import { failureOf } from '#transport/failures.js';
import { StreamEnded } from '#transport/implementation.js';
import type { CallRefusal } from '#transport/refusals.js';
import type { OpenStream } from '#transport/streams.js';
import { gone, leftAs, whileWaitedFor } from '#transport/waiting.js';

export interface StreamMessagesOptions {
  readonly open: OpenStream;
  readonly source: AsyncIterable<object>;
  readonly method: DescMethodServerStreaming;
  /** Of the caller. */
  readonly signal: AbortSignal;
  readonly lookAgainMs: number;
  /** Null for yes. */
  readonly mayStill: () => Promise<CallRefusal | null>;
  readonly statusOf: (refusal: CallRefusal) => Status;
  /** Told what no caller is told. */
  readonly onFailure: (error: unknown) => void;
}

type Step =
  | { readonly kind: 'told'; readonly result: IteratorResult<object, unknown> }
  | { readonly kind: 'failed'; readonly error: unknown };

/** Looks after its stream from now on, whether anybody asks for a message or not. */
export function messagesOf(options: StreamMessagesOptions): Messages {
  const { open, signal } = options;
  const source = options.source[Symbol.asyncIterator]();
  const leave = () => open.end(leftAs(signal));
  if (signal.aborted) leave();
  else signal.addEventListener('abort', leave, { once: true });
  const looking = lookAgain(options);
  const close = () => {
    clearInterval(looking);
    signal.removeEventListener('abort', leave);
    open.close();
    // Of a generator that waits it resolves with what it waits for: nobody has to.
    void source.return?.().catch(() => undefined);
  };
  if (open.ending.aborted) close();
  else open.ending.addEventListener('abort', close, { once: true });
  return tell(options, source, close);
}

function lookAgain({ open, lookAgainMs, mayStill, onFailure }: StreamMessagesOptions): NodeJS.Timeout {
  let isLooking = false;
  const look = async (): Promise<void> => {
    if (isLooking) return;
    isLooking = true;
    try {
      const refusal = await mayStill();
      if (refusal !== null) open.end(refusal);
    } catch (error) {
      onFailure(error);
      open.end(failureOf(error));
    } finally {
      isLooking = false;
    }
  };
  return setInterval(() => void look(), lookAgainMs).unref();
}

async function* tell(
  { open, method, statusOf, onFailure }: StreamMessagesOptions,
  source: AsyncIterator<object>,
  close: () => void,
): Messages {
  try {
    for (;;) {
      const step = open.ending.aborted ? gone : await whileWaitedFor(open.ending, stepOf(source));
      if (step === gone) return statusOf(open.reason ?? { code: 'cancelled' });
      if (step.kind === 'failed') return statusOf(refusalOf(step.error, onFailure));
      if (step.result.done) return null;
      yield create(method.output, step.result.value as Readonly<Record<string, unknown>>);
    }
  } finally {
    close();
  }
}

async function stepOf(source: AsyncIterator<object>): Promise<Step> {
  try {
    return { kind: 'told', result: await source.next() };
  } catch (error) {
    return { kind: 'failed', error };
  }
}

function refusalOf(error: unknown, onFailure: (error: unknown) => void): CallRefusal {
  if (error instanceof StreamEnded) return error.refusal;
  onFailure(error);
  return failureOf(error);
}
