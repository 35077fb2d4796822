// The thread that reads the log: on a connection of its own, so that no commit or fsync holds it up.
// Every row proves itself here, before anyone sees it.

import { parentPort, workerData } from 'node:worker_threads';
import type { Database, Statement } from 'better-sqlite3';

import { EventLogError, type EventLogFailure } from '#event-log/errors.js';
import { answerRead } from '#event-log-sqlite/answer-read.js';
import { isCorruption, openReader } from '#event-log-sqlite/database.js';
import type { ReaderMessage, ReaderReply, ReaderRequest } from '#event-log-sqlite/messages.js';
import { Rows } from '#event-log-sqlite/rows.js';

const port = parentPort as NonNullable<typeof parentPort>;
const { path } = workerData as { path: string };

/** Answers are sent together up to about so many characters; a page that is on its way meanwhile is parsed meanwhile. */
const charactersPerMessage = 128 * 1024;

interface Connection {
  readonly database: Database;
  readonly rows: Rows;
  readonly begin: Statement;
  readonly commit: Statement;
}

let connection: Connection | null = null;
let replies: ReaderReply[] = [];
let characters = 0;

port.on('message', (message: ReaderMessage) => {
  if (message === 'close') {
    connection?.database.close();
    port.close();
    return;
  }
  for (const request of message) answerOrFail(request);
  flush();
});

function answerOrFail(request: ReaderRequest): void {
  try {
    answer(request);
  } catch (error) {
    send({ number: request.number, kind: 'failed', failure: failureFor(error) });
  }
}

/** In one snapshot, so that what is compared belongs together. */
function answer(request: ReaderRequest): void {
  connection ??= connect();
  const { database, rows, begin, commit } = connection;
  begin.run();
  try {
    answerRead(rows, request, send);
  } finally {
    // A read that failed may have ended it already; what is told is then why it failed.
    if (database.inTransaction) commit.run();
  }
}

function connect(): Connection {
  const database = openReader(path);
  return {
    database,
    rows: new Rows(database),
    begin: database.prepare('BEGIN'),
    commit: database.prepare('COMMIT'),
  };
}

function failureFor(error: unknown): EventLogFailure {
  if (error instanceof EventLogError) return error.failure;
  if (isCorruption(error)) return { code: 'corrupt', position: null, reason: 'its file is not well formed' };
  // A connection that failed is not used again.
  const failed = connection;
  connection = null;
  failed?.database.close();
  return { code: 'unavailable', reason: `reading failed: ${String((error as Error).message)}` };
}

function send(reply: ReaderReply): void {
  replies.push(reply);
  if (reply.kind !== 'failed') characters += reply.events.length;
  if (characters >= charactersPerMessage) flush();
}

function flush(): void {
  if (replies.length === 0) return;
  port.postMessage(replies);
  replies = [];
  characters = 0;
}
