// One attempt of one append. Retrying is the business of whoever asked: it must survive this thread.

import { setImmediate as nextTurn } from 'node:timers/promises';

import { type JSONEventData, NO_STREAM } from '@eventstore/db-client';

import type { EncodedEvent } from '#event-log/encode-append.js';
import { encodePosition } from '#event-log-eventstoredb/position.js';
import type { Connection, ConnectionSlot } from '#event-log-eventstoredb/thread/connections.js';
import { failureOf } from '#event-log-eventstoredb/thread/failures.js';
import { type AppendBody, type Done, type Failure, silent } from '#event-log-eventstoredb/thread/protocol.js';

/**
 * The client sends the deadline as a time of day; a server whose clock is ahead would find it passed and
 * refuse every append. So far ahead (the most that the client sends) no skew matters; the server bounds the
 * wait itself, and the caller has a timer of its own.
 */
const deadlineMs = 365 * 24 * 60 * 60 * 1_000;

const utf8 = new TextEncoder();

interface Attempt {
  readonly connection: Connection;
  /** Null until it was handed to the client: before that nothing can have been written. */
  sentAt: number | null;
  readonly abandoned: AbortSignal;
}

export class Appender {
  readonly #slot: ConnectionSlot;
  readonly #readyMs: number;
  /** When the connection last answered anything, to tell a slow append from a dead connection. */
  #answeredAt = 0;

  constructor(slot: ConnectionSlot, readyMs: number) {
    this.#slot = slot;
    this.#readyMs = readyMs;
  }

  append(body: AppendBody, abandoned: AbortSignal): Promise<Done | Failure> {
    const attempt: Attempt = { connection: this.#slot.get(), sentAt: null, abandoned };
    return new Promise((resolve) => {
      const onAbandoned = () => {
        if (abandoned.reason === silent) this.#doubtWhenSilent(attempt);
        resolve({ meaning: 'retry', reason: 'no answer in time', sent: attempt.sentAt !== null });
      };
      abandoned.addEventListener('abort', onAbandoned);
      void this.#attempt(attempt, body).then((result) => {
        abandoned.removeEventListener('abort', onAbandoned);
        resolve(result);
      });
    });
  }

  async #attempt(attempt: Attempt, body: AppendBody): Promise<Done | Failure> {
    const { connection, abandoned } = attempt;
    try {
      await connection.ready(this.#readyMs);
    } catch (error) {
      this.#slot.replace(connection);
      return failureOf(error, false);
    }
    if (abandoned.aborted) return { meaning: 'retry', reason: 'nobody waits for it', sent: false };
    attempt.sentAt = performance.now();
    try {
      return await this.#inOrder(connection, () => this.#send(connection, body));
    } catch (error) {
      const failure = failureOf(error);
      if (failure.meaning === 'not-leader') connection.firstAppend = null;
      return failure;
    } finally {
      this.#answeredAt = performance.now();
    }
  }

  async #send({ client }: Connection, body: AppendBody): Promise<Done> {
    const result = await client.appendToStream(body.stream, body.events.map(messageOf), {
      expectedRevision: body.expected < 0 ? NO_STREAM : BigInt(body.expected),
      requiresLeader: true,
      deadline: deadlineMs,
    });
    const position = result.position === undefined ? null : encodePosition(result.position);
    return { append: { revision: Number(result.nextExpectedRevision), position } };
  }

  /** The client's first append opens its stream over more turns than the second, which would overtake it. */
  async #inOrder<Result>(connection: Connection, append: () => Promise<Result>): Promise<Result> {
    if (connection.firstAppend !== null) {
      await connection.firstAppend;
      return append();
    }
    connection.firstAppend = nextTurn();
    return append();
  }

  /** Nothing was heard since the append was sent: the connection is dead, or as good as dead. */
  #doubtWhenSilent({ connection, sentAt }: Attempt): void {
    if (sentAt === null || this.#answeredAt < sentAt) this.#slot.replace(connection);
  }
}

/**
 * JSON for other tools. The client writes `data` with JSON.stringify, which gives back the text that it was
 * parsed from, since that text was written so; metadata it takes as bytes.
 */
function messageOf({ id, type, data, metadata }: EncodedEvent): JSONEventData {
  return {
    id,
    type,
    contentType: 'application/json',
    data: JSON.parse(data),
    metadata: utf8.encode(metadata),
  };
}
