// Who sends the commands of a call: what is kept with each event, and what makes the call repeatable.

import { type Message, toBinary } from '@bufbuild/protobuf';

import type { Application } from '#application/application.js';
import type { Caller, CallerProof, Reached, Refused } from '#application/caller.js';
import { type IdempotencyKeyMalformed, idempotencyOf } from '#application/idempotency.js';
import { nameOfUser } from '#application/user/user-stream.js';
import type { SessionId } from '#domain/ids.js';
import type { Incoming, ServedMethod } from '#transport/call.js';
import type { Principal } from '#transport/implementation.js';

export interface Called {
  readonly principal: Principal;
  readonly method: ServedMethod;
  readonly request: Message;
  readonly incoming: Incoming;
  /** What stood in headers, where the call asks for it. */
  readonly proof: CallerProof | null;
  /** To be moved by the commands of the call. */
  readonly reached: Reached;
}

/** An event names its editor as commands name users, where the id is one of ours. */
export function calledBy(
  application: Application,
  called: Called,
): { readonly kind: 'known'; readonly by: Caller } | Refused<IdempotencyKeyMalformed> {
  const { principal, incoming, proof, reached } = called;
  const { requestId: callId, traceId, idempotencyKey } = incoming;
  const editor = nameOfUser(principal);
  const session = principal.via === 'session' ? principal.sessionId : null;
  const by = { editor, callId, traceId, session, proof, reached };
  if (idempotencyKey === null) return { kind: 'known', by };
  const keyed = idempotencyOf(
    { caller: principal.userStream, key: idempotencyKey, request: requestOf(called, session) },
    application.parts.secrets,
  );
  if (keyed.kind === 'rejected') return keyed;
  return { kind: 'known', by: { ...by, idempotency: keyed.idempotency } };
}

/**
 * All that decides what is done, and in which session it is noted down that it was. The same message has the same bytes,
 * whichever stack decoded it.
 */
const requestOf = (
  { method, request, incoming, proof }: Called,
  session: SessionId | null,
): readonly (string | Uint8Array)[] => [
  `${method.parent.typeName}.${method.name}`,
  incoming.organization ?? '',
  toBinary(method.input, request, { writeUnknownFields: false }),
  ...(session === null ? [] : [session]),
  ...(proof === null ? [] : [proof.code ?? '', proof.recoveryCode ?? '']),
];
