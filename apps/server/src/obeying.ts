// What the threads of the read models have in common: orders by number, each answered once, and an end.

import { parentPort } from 'node:worker_threads';

import { ReplayRefused } from '#read-models/replay/asked.js';
import { ModelStoreError } from '#read-models/store.js';
import { ProjectingAway } from '#server/order-errors.js';
import type { Order, OrderFailure, ProjectingReply, ProjectingRequest } from '#server/projecting-messages.js';

const port = parentPort as NonNullable<typeof parentPort>;

export function send(reply: ProjectingReply): void {
  port.postMessage(reply);
}

/** Resolves once what follows from it is done in the serving thread. */
export async function tellHeld(token: number | null): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const hear = (request: ProjectingRequest) => {
    if (request.kind === 'heard' && request.token === token) resolve();
  };
  port.on('message', hear);
  send({ kind: 'held', token });
  await promise;
  port.off('message', hear);
}

type Done = Extract<ProjectingReply, { readonly kind: 'done' }>;

export interface Obeying {
  readonly obey: (order: Order) => Promise<Done['answer']>;
  /** Ends what runs, so that nothing keeps the thread. */
  readonly close: () => Promise<void>;
}

export function obeyOrders({ obey, close }: Obeying): void {
  const answer = async (number: number, order: Order): Promise<void> => {
    try {
      send({ kind: 'done', number, answer: await obey(order) });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      send({ kind: 'failed', number, text, as: failureOf(error) });
    }
  };
  port.on('message', (request: ProjectingRequest) => {
    if (request.kind === 'close') void close().then(() => port.close());
    else if (request.kind === 'order') void answer(request.number, request.order);
  });
  send({ kind: 'ready' });
}

function failureOf(error: unknown): OrderFailure {
  if (error instanceof ReplayRefused) return 'refused';
  const isAway = error instanceof ModelStoreError && error.code === 'unavailable';
  return isAway || error instanceof ProjectingAway ? 'away' : 'failed';
}
