// A subscription to $all: confirmation, history, a checkpoint if it is filtered, caught-up, then what comes.
// One that falls too far behind goes back to history and catches up again, as on a real server.

import { randomUUID } from 'node:crypto';
import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import { status } from '@grpc/grpc-js';

import type { StoredRecord } from '#event-log-eventstoredb/testing/database.js';
import type { FaultRule } from '#event-log-eventstoredb/testing/faults.js';
import { type ReadCall, type Reading, sendTo } from '#event-log-eventstoredb/testing/reading.js';
import type { ServerNode } from '#event-log-eventstoredb/testing/server-node.js';
import * as wire from '#event-log-eventstoredb/testing/wire.js';

/** How many records a live subscription may be behind before the server reads history for it again. */
const liveBacklogMax = 32;

/** Considered records between two checkpoints, times what the client asks for. */
const searchWindow = 32;

export class Subscriber {
  readonly #node: ServerNode;
  readonly #call: ReadCall;
  readonly #filter: ((record: StoredRecord) => boolean) | null;
  readonly #checkpointEvery: number;
  readonly #fault: FaultRule | null;
  #index: number;
  #consideredSinceCheckpoint = 0;
  #eventsSent = 0;
  #live = false;
  #pumping = false;
  #ended = false;

  constructor({ node, call, options }: Reading) {
    node.counters.subscriptionsReceived += 1;
    this.#node = node;
    this.#call = call;
    this.#filter = filterOf(options);
    this.#checkpointEvery = searchWindow * (options.getFilter()?.getCheckpointintervalmultiplier() ?? 1);
    this.#fault = node.faults.strike('subscribe');
    this.#index = startIndex(node, options);
  }

  start(): void {
    if (this.#fault?.action === 'unavailable') {
      this.#call.emit('error', wire.serverUnavailable());
      return;
    }
    if (this.#checkpointEvery <= 0) {
      this.#call.emit(
        'error',
        wire.failureOf(status.INVALID_ARGUMENT, 'the interval of checkpoints is zero'),
      );
      return;
    }
    const stopListening = this.#node.database.onCommit(() => void this.#pump());
    const endWithOk = () => this.#end();
    this.#node.endSubscriptions.add(endWithOk);
    this.#call.on('cancelled', () => {
      this.#ended = true;
      stopListening();
      this.#node.endSubscriptions.delete(endWithOk);
    });
    this.#call.on('finish', () => {
      stopListening();
      this.#node.endSubscriptions.delete(endWithOk);
    });
    this.#call.write(wire.confirmationMessage(randomUUID()));
    void this.#pump();
  }

  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    const { all } = this.#node.database;
    while (!this.#ended && !this.#isStalled()) {
      if (all.length - this.#index > liveBacklogMax) this.#live = false;
      const record = all[this.#index];
      if (record === undefined) {
        if (this.#live) break;
        await this.#goLive();
        continue;
      }
      this.#index += 1;
      await this.#consider(record);
    }
    this.#pumping = false;
  }

  async #consider(record: StoredRecord): Promise<void> {
    this.#consideredSinceCheckpoint += 1;
    if (this.#filter === null || this.#filter(record)) {
      await this.#send(wire.eventMessage(record));
      this.#eventsSent += 1;
      if (this.#fault?.action === 'close-ok' && this.#eventsSent >= (this.#fault.afterEvents ?? 0))
        this.#end();
    }
    if (this.#filter !== null && this.#consideredSinceCheckpoint >= this.#checkpointEvery) {
      await this.#checkpoint(record.position);
    }
  }

  async #goLive(): Promise<void> {
    this.#live = true;
    const last = this.#node.database.all[this.#index - 1];
    if (this.#filter !== null && last !== undefined) await this.#checkpoint(last.position);
    if (this.#fault?.action !== 'no-caught-up') await this.#send(wire.caughtUpMessage());
  }

  async #checkpoint(position: number): Promise<void> {
    this.#consideredSinceCheckpoint = 0;
    await this.#send(wire.checkpointMessage(position));
  }

  async #send(message: Parameters<typeof sendTo>[2]): Promise<void> {
    if (!(await sendTo(this.#node, this.#call, message))) this.#ended = true;
  }

  #isStalled(): boolean {
    return this.#fault?.action === 'stall' && this.#eventsSent >= (this.#fault.afterEvents ?? 0);
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#call.end();
  }
}

/** A subscription starts after the position that it names. */
function startIndex(node: ServerNode, options: ReadReq.Options): number {
  const all = options.getAll();
  if (all?.hasEnd() === true) return node.database.all.length;
  const position = all?.getPosition();
  return position === undefined ? 0 : node.database.indexAtOrAfter(Number(position.getCommitPosition()) + 1);
}

function filterOf(options: ReadReq.Options): ((record: StoredRecord) => boolean) | null {
  const filter = options.getFilter();
  if (filter === undefined) return null;
  const byStream = filter.hasStreamIdentifier();
  const prefixes = (byStream ? filter.getStreamIdentifier() : filter.getEventType())?.getPrefixList() ?? [];
  return (record) => prefixes.some((prefix) => (byStream ? record.stream : record.type).startsWith(prefix));
}
