// One node: a listener of its own over a database that outlives it. The listener is not grpc-js's, so that
// sockets can be destroyed, and the port closed and opened again, without touching what is stored.

import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { Server, ServerCredentials } from '@grpc/grpc-js';

import { appendHandlers } from '#event-log-eventstoredb/testing/append-handlers.js';
import type { Database } from '#event-log-eventstoredb/testing/database.js';
import { Faults } from '#event-log-eventstoredb/testing/faults.js';
import { otherHandlers } from '#event-log-eventstoredb/testing/other-handlers.js';
import { readHandlers } from '#event-log-eventstoredb/testing/read-handlers.js';
import { services } from '#event-log-eventstoredb/testing/services.js';

/** Kestrel's default, which the real server leaves alone: whoever leaks streams is found out. */
const concurrentStreamsMax = 100;

/** What a real server takes: 16 MiB and something around it. */
const messageBytesMax = 17 * 1024 * 1024;

export interface NodeCounters {
  connectionsAccepted: number;
  appendsReceived: number;
  readsReceived: number;
  subscriptionsReceived: number;
  callsOpen: number;
  callsOpenMax: number;
  /** Messages of reads and subscriptions that left. */
  messagesSent: number;
}

export class ServerNode {
  readonly database: Database;
  readonly faults = new Faults();
  readonly counters: NodeCounters = {
    connectionsAccepted: 0,
    appendsReceived: 0,
    readsReceived: 0,
    subscriptionsReceived: 0,
    callsOpen: 0,
    callsOpenMax: 0,
    messagesSent: 0,
  };
  /** The port of the leader, when this node is not it. */
  leaderPort: number | null = null;
  /** How far the server's clock is ahead of the client's. */
  clockAheadMs = 0;
  /** Ends every open subscription with OK. */
  readonly endSubscriptions = new Set<() => void>();
  readonly #grpc = new Server({
    'grpc.max_concurrent_streams': concurrentStreamsMax,
    'grpc.max_receive_message_length': messageBytesMax,
  });
  readonly #injector = this.#grpc.createConnectionInjector(ServerCredentials.createInsecure());
  readonly #sockets = new Set<Socket>();
  #listener: NetServer | null = null;
  #port = 0;

  constructor(database: Database) {
    this.database = database;
    this.#grpc.addService(services.streams, { ...appendHandlers(this), ...readHandlers(this) });
    const others = otherHandlers(this);
    this.#grpc.addService(services.features, others.features);
    this.#grpc.addService(services.gossip, others.gossip);
  }

  get port(): number {
    return this.#port;
  }

  get connectionsOpen(): number {
    return this.#sockets.size;
  }

  /** Opens the port, the same one each time. */
  listen(port = this.#port): Promise<number> {
    const listener = createServer((socket) => this.#accept(socket));
    return new Promise((resolve, reject) => {
      listener.once('error', reject);
      listener.listen(port, '127.0.0.1', () => {
        this.#listener = listener;
        this.#port = (listener.address() as { port: number }).port;
        resolve(this.#port);
      });
    });
  }

  dropConnections(): void {
    for (const socket of [...this.#sockets]) socket.destroy();
  }

  /** Closes the port and every connection; what is stored stays. */
  async stopListening(): Promise<void> {
    const listener = this.#listener;
    this.#listener = null;
    if (listener === null) return;
    const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
    this.dropConnections();
    await closed;
  }

  async close(): Promise<void> {
    await this.stopListening();
    this.#grpc.forceShutdown();
  }

  /** Counts a call until it ends, and tells once that it did. */
  track(call: { on(event: 'cancelled' | 'close' | 'finish', listener: () => void): unknown }): void {
    const { counters } = this;
    counters.callsOpen += 1;
    counters.callsOpenMax = Math.max(counters.callsOpenMax, counters.callsOpen);
    let open = true;
    const ended = () => {
      if (open) counters.callsOpen -= 1;
      open = false;
    };
    call.on('cancelled', ended);
    call.on('finish', ended);
  }

  #accept(socket: Socket): void {
    this.counters.connectionsAccepted += 1;
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    this.#injector.injectConnection(socket);
  }
}
