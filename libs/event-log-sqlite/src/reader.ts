// The thread that reads the log: on a connection of its own, so that no commit or fsync holds it up.
// Every row proves itself here, before anyone sees it.

import { parentPort, workerData } from 'node:worker_threads';

import { EventLogError } from '#event-log/errors.js';
import { answerRead } from '#event-log-sqlite/answer-read.js';
import type { ReaderMessage, ReaderReply, ReaderRequest } from '#event-log-sqlite/messages.js';
import { ReadConnection } from '#event-log-sqlite/read-connection.js';

const port = parentPort as NonNullable<typeof parentPort>;
const { path } = workerData as { path: string };

/** Answers are sent together up to about so many characters; a page that is on its way meanwhile is parsed meanwhile. */
const charactersPerMessage = 128 * 1024;

const connection = new ReadConnection(path);
let replies: ReaderReply[] = [];
let characters = 0;

port.on('message', (message: ReaderMessage) => {
  if (message === 'close') {
    connection.close();
    port.close();
    return;
  }
  for (const request of message) answerOrFail(request);
  flush();
});

function answerOrFail(request: ReaderRequest): void {
  try {
    answerRead((asked, taking) => connection.read(asked, taking), request, send);
  } catch (error) {
    if (!(error instanceof EventLogError)) throw error;
    send({ number: request.number, kind: 'failed', failure: error.failure });
  }
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
