// The thread that reads the log: on a connection of its own, so that no commit or fsync holds it up.
// Every row proves itself here, before anyone sees it.

import { parentPort, workerData } from 'node:worker_threads';
import type { Database } from 'better-sqlite3';

import { EventLogError, type EventLogFailure } from '#event-log/errors.js';
import { answerRead } from '#event-log-sqlite/answer-read.js';
import { isCorruption, openReader } from '#event-log-sqlite/database.js';
import type { ReaderReply, ReaderRequest } from '#event-log-sqlite/messages.js';
import { Rows } from '#event-log-sqlite/rows.js';

const port = parentPort as NonNullable<typeof parentPort>;
const { path } = workerData as { path: string };

let database: Database | null = null;
let rows: Rows | null = null;

port.on('message', (request: ReaderRequest | 'close') => {
  if (request === 'close') {
    database?.close();
    port.close();
    return;
  }
  try {
    answer(request);
  } catch (error) {
    send({ number: request.number, kind: 'failed', failure: failureFor(error) });
  }
});

/** In one snapshot, so that what is compared belongs together. */
function answer(request: ReaderRequest): void {
  const open = connection();
  open.database.exec('BEGIN');
  try {
    answerRead(open.rows, request, send);
  } finally {
    // A read that failed may have ended it already; what is told is then why it failed.
    if (open.database.inTransaction) open.database.exec('COMMIT');
  }
}

function connection(): { database: Database; rows: Rows } {
  database ??= openReader(path);
  rows ??= new Rows(database);
  return { database, rows };
}

function failureFor(error: unknown): EventLogFailure {
  if (error instanceof EventLogError) return error.failure;
  if (isCorruption(error)) return { code: 'corrupt', position: null, reason: 'its file is not well formed' };
  // A connection that failed is not used again.
  rows = null;
  try {
    database?.close();
  } finally {
    database = null;
  }
  return { code: 'unavailable', reason: `reading failed: ${String((error as Error).message)}` };
}

function send(reply: ReaderReply): void {
  port.postMessage(reply);
}
