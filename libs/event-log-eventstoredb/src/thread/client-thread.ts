// The thread in which the client lives. The client has defects that kill whatever runs it (an answer that
// nobody waits for any more throws in its data handler): here that ends this thread, which is started again.

import { parentPort, workerData } from 'node:worker_threads';

import { logStart, type Position } from '#event-log/event-log.js';
import { withoutSecrets } from '#event-log-eventstoredb/settings.js';
import { Appender } from '#event-log-eventstoredb/thread/append.js';
import { Connections } from '#event-log-eventstoredb/thread/connections.js';
import { failureOf, isConnectionInDoubt } from '#event-log-eventstoredb/thread/failures.js';
import { endedByServer, Feed } from '#event-log-eventstoredb/thread/feed.js';
import { ForeignReports } from '#event-log-eventstoredb/thread/foreign-reports.js';
import { Outbox } from '#event-log-eventstoredb/thread/outbox.js';
import {
  type Body,
  type Done,
  type Failure,
  type FromThread,
  type SubscribeBody,
  silent,
  type ThreadData,
  type ToThread,
} from '#event-log-eventstoredb/thread/protocol.js';
import { Reader, type RowSink } from '#event-log-eventstoredb/thread/reader.js';

if (parentPort === null) throw new Error('this is the start of a thread');
const port = parentPort;
const data = workerData as ThreadData;
const outbox = new Outbox<FromThread>((messages) => port.postMessage(messages));
const connections = new Connections(data.connectionString);
const appender = new Appender(connections.appends, data.timings.probeMs);
const reader = new Reader(connections.reads);
const prober = new Reader(connections.appends);
const foreign = new ForeignReports((report) => outbox.post({ kind: 'foreign', foreign: report }));
const abandons = new Map<number, AbortController>();
const feeds = new Map<number, Feed>();

/**
 * A write that was waiting for its turn when the connection broke is rejected where nobody can listen; its
 * append hears of the break by another way. Anything else is a defect, and ends the thread.
 */
process.on('unhandledRejection', (error) => {
  if (!hasGrpcCode(error)) throw error;
});

port.on('message', (messages: readonly ToThread[]) => {
  for (const message of messages) take(message);
});

try {
  connections.appends.get();
  outbox.post({ kind: 'ready' });
} catch (error) {
  const reason = withoutSecrets(failureOf(error).reason, data.connectionString);
  outbox.post({ kind: 'unusable', reason });
}

function take(message: ToThread): void {
  switch (message.kind) {
    case 'request':
      void answer(message.request, message.body);
      return;
    case 'abandon':
      abandons.get(message.request)?.abort(message.why);
      feeds.get(message.request)?.leave();
      return;
    case 'credit':
      feeds.get(message.request)?.credit();
      return;
    case 'close':
      void close();
  }
}

async function answer(request: number, body: Body): Promise<void> {
  const abandon = new AbortController();
  abandons.set(request, abandon);
  const result = await run(request, body, abandon.signal).catch((error: unknown) => failureOf(error));
  abandons.delete(request);
  if ('meaning' in result) outbox.post({ kind: 'failed', request, failure: result });
  else outbox.post({ kind: 'done', request, done: result });
}

function run(request: number, body: Body, abandoned: AbortSignal): Promise<Done | Failure> {
  const sink: RowSink = {
    send: (text, upTo) => outbox.post({ kind: 'rows', request, text, upTo }),
    foreign: (reading) => foreign.add(reading),
  };
  switch (body.kind) {
    case 'append':
      return appender.append(body, abandoned);
    case 'read-stream':
      return reader.readStream(body, sink, abandoned);
    case 'read-all':
      return reader.readAll(body, sink, abandoned);
    case 'head':
      return (body.isProbe ? prober : reader).head(abandoned);
    case 'subscribe':
      return feed(request, body, sink);
  }
}

async function feed(request: number, body: SubscribeBody, sink: RowSink): Promise<Failure> {
  const lost = await lossBefore(body.after);
  if (lost !== null) return lost;
  if (abandonedByOwner(request)) return endedByServer;
  const connection = connections.forSubscription();
  const leave = connection.occupy();
  const running = new Feed(body, { reader, sink, timings: data.timings });
  feeds.set(request, running);
  const failure = await running.run(connection);
  feeds.delete(request);
  leave();
  const isInDoubt = failure !== endedByServer && isConnectionInDoubt(failure);
  if (isInDoubt && !abandonedByOwner(request)) connections.doubtSubscriptions(connection);
  return failure;
}

/** The server takes a position beyond its head without a word, and is silent until it has come so far. */
async function lossBefore(after: Position): Promise<Failure | null> {
  if (after === logStart) return null;
  const waiting = new AbortController();
  const timer = setTimeout(() => waiting.abort(silent), data.timings.probeMs);
  const result = await reader.head(waiting.signal);
  clearTimeout(timer);
  if ('meaning' in result) return result;
  if (result.head === undefined || result.head >= after) return null;
  return { meaning: 'bad-position', reason: `the log ends at ${result.head}`, sent: true };
}

function abandonedByOwner(request: number): boolean {
  return abandons.get(request)?.signal.aborted ?? false;
}

async function close(): Promise<void> {
  for (const abandon of abandons.values()) abandon.abort();
  for (const running of feeds.values()) running.leave();
  await connections.close();
  outbox.post({ kind: 'closed' });
}

function hasGrpcCode(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'number';
}
