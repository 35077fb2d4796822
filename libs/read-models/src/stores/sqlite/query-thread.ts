// A thread that reads the file of read models for others. Each reading has a connection of its own, so that it is a
// snapshot, and questions of several take turns.

import { parentPort, workerData } from 'node:worker_threads';

import { ModelStoreError } from '#read-models/store.js';
import type { QueryFailure, QueryReply, QueryRequest } from '#read-models/stores/sqlite/query-messages.js';
import { Snapshot } from '#read-models/stores/sqlite/snapshot.js';

const port = parentPort as NonNullable<typeof parentPort>;
const { path } = workerData as { path: string };

const reading = new Map<number, Snapshot>();
const idle: Snapshot[] = [];

function send(reply: QueryReply): void {
  port.postMessage(reply);
}

function start(): void {
  try {
    idle.push(new Snapshot(path));
    port.on('message', take);
    send({ kind: 'ready' });
  } catch (error) {
    send({ kind: 'refused', failure: failureOf(error) });
    port.close();
  }
}

function take(request: QueryRequest): void {
  switch (request.kind) {
    case 'begin':
      answer(request.call, () => begin(request.read));
      return;
    case 'ask':
      answer(request.call, () => ask(request));
      return;
    case 'end':
      end(request.read);
      return;
    case 'close':
      for (const snapshot of [...idle, ...reading.values()]) snapshot.close();
      port.close();
      return;
  }
}

function begin(read: number) {
  const snapshot = idle.pop() ?? new Snapshot(path);
  reading.set(read, snapshot);
  return snapshot.begin();
}

function ask({ read, sql, parameters, withinMs }: Extract<QueryRequest, { kind: 'ask' }>) {
  const snapshot = reading.get(read);
  if (snapshot === undefined) throw new TypeError('its reading is over');
  return snapshot.ask(sql, parameters, performance.now() + withinMs);
}

function end(read: number): void {
  const snapshot = reading.get(read);
  if (snapshot === undefined) return;
  reading.delete(read);
  try {
    snapshot.end();
    idle.push(snapshot);
  } catch {
    snapshot.close();
  }
}

function answer(call: number, make: () => Extract<QueryReply, { kind: 'answered' }>['outcome']): void {
  try {
    send({ kind: 'answered', call, outcome: make() });
  } catch (error) {
    send({ kind: 'failed', call, failure: failureOf(error) });
  }
}

function failureOf(error: unknown): QueryFailure {
  const { message } = error as Error;
  return { code: error instanceof ModelStoreError ? error.code : 'bug', reason: message };
}

start();
