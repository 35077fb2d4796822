// Calls whose message is there already, and servers that read every message before they answer.

import type { DescMethodUnary, Message } from '@bufbuild/protobuf';

import type { Answered, Incoming, Invoke, Reader, ReadFor } from '#transport/call.js';

export const readAs =
  (message: Message): Reader =>
  () => ({ kind: 'message', message });

/** For requests that say who they are about. */
const nobody: ReadFor = { organizationId: '', self: async () => null };

export type AnswerTo = (
  method: DescMethodUnary,
  message: Message,
  incoming: Incoming,
) => Answered | Promise<Answered>;

/** What cannot be read is refused as it is read. */
export const reading =
  (answer: AnswerTo): Invoke =>
  async (method, read, incoming) => {
    const request = await read(nobody);
    if (request.kind === 'refused') return { ...request, headers: {} };
    return answer(method, request.message, incoming);
  };
