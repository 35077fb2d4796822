// From a stream to whoever reads it, as fast as that is: nothing is asked for that has no place yet.

import type { Message } from '@bufbuild/protobuf';

import type { Messages, Status, Streamed, Streaming } from '#transport/call.js';
import { whileWaitedFor } from '#transport/waiting.js';

export interface Sink {
  /** False where the next one should wait until it is drained. */
  write(message: Message): boolean;
  /** Resolves also when there is nobody any more. */
  drained(): Promise<void>;
  end(status: Status | null): void;
}

export async function pump({ messages, ending }: Streaming, sink: Sink): Promise<void> {
  for (;;) {
    const next = await messages.next();
    if (next.done) return sink.end(next.value);
    if (!sink.write(next.value) && !ending.aborted) await whileWaitedFor(ending, sink.drained());
  }
}

/** Tells the code by which it ended, 0 for well, also where nobody asked for its end. */
export function whenEnded(streamed: Streamed, tell: (code: number) => void): Streamed {
  if (streamed.kind === 'streaming') return { ...streamed, messages: tellingEnd(streamed.messages, tell) };
  tell(streamed.status.code);
  return streamed;
}

async function* tellingEnd(messages: Messages, tell: (code: number) => void): Messages {
  let code = 0;
  try {
    const status = yield* messages;
    code = status?.code ?? 0;
    return status;
  } finally {
    tell(code);
  }
}
