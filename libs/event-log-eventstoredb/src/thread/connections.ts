// The client's connections: one for appends, one for reads, and as many for subscriptions as the server's
// limit of streams asks for. A connection in doubt is replaced rather than trusted: the client keeps some
// failures for ever (a failed discovery, a failed question for the server's features).

import { EventStoreDBClient } from '@eventstore/db-client';

import { streamsPerConnectionMax } from '#event-log-eventstoredb/limits.js';
import { connectionStringFor } from '#event-log-eventstoredb/settings.js';

/** Protected members that the client gives no public way to. */
interface ClientInternals {
  readonly capabilities: Promise<unknown>;
  getChannel(): Promise<{ close(): void }>;
}

export class Connection {
  readonly client: EventStoreDBClient;
  /** Settles once the first append stands in the client's stream of appends. */
  firstAppend: Promise<void> | null = null;
  #streams = 0;
  #retired = false;
  /** The answer that was waited for; the client asks anew after it reconnected. */
  #known: Promise<unknown> | null = null;

  constructor(connectionString: string) {
    this.client = EventStoreDBClient.connectionString(connectionString);
  }

  get streams(): number {
    return this.#streams;
  }

  /** Whether the server answers, asked as the client itself does before its first append. */
  async ready(timeoutMs: number): Promise<void> {
    const { capabilities } = this.client as unknown as ClientInternals;
    if (capabilities === this.#known) return;
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    });
    try {
      await Promise.race([capabilities, silence]);
      this.#known = capabilities;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Counts a stream until the returned function is called. */
  occupy(): () => void {
    this.#streams += 1;
    return () => {
      this.#streams -= 1;
      if (this.#retired && this.#streams === 0) void this.#close();
    };
  }

  /** What runs on it may end by itself; then it is closed. */
  retire(): void {
    this.#retired = true;
    if (this.#streams === 0) void this.#close();
  }

  /** Cancels what runs on it, too. */
  async destroy(): Promise<void> {
    this.#retired = true;
    await this.client.dispose();
    await this.#close();
  }

  /** The client has no way to close its channel, and an open one keeps its socket. */
  async #close(): Promise<void> {
    const channel = await (this.client as unknown as ClientInternals).getChannel().catch(() => null);
    channel?.close();
  }
}

/** One role's connection, replaced when it is in doubt. */
export class ConnectionSlot {
  readonly #create: () => Connection;
  /** Whether what still runs on a connection in doubt may end by itself, or is cancelled. */
  readonly #farewell: 'retire' | 'destroy';
  #current: Connection | null = null;

  constructor(create: () => Connection, farewell: 'retire' | 'destroy') {
    this.#create = create;
    this.#farewell = farewell;
  }

  get(): Connection {
    this.#current ??= this.#create();
    return this.#current;
  }

  /** Does nothing when another call replaced it before. */
  replace(connection: Connection): void {
    if (connection !== this.#current) return;
    this.#current = null;
    if (this.#farewell === 'retire') connection.retire();
    else void connection.destroy();
  }

  async close(): Promise<void> {
    await this.#current?.destroy();
  }
}

export class Connections {
  readonly appends: ConnectionSlot;
  readonly reads: ConnectionSlot;
  readonly #connectionString: string;
  readonly #subscriptions = new Set<Connection>();
  #created = 0;

  constructor(connectionString: string) {
    this.#connectionString = connectionString;
    // The stream of appends never ends by itself.
    this.appends = new ConnectionSlot(() => this.#create(), 'destroy');
    this.reads = new ConnectionSlot(() => this.#create(), 'retire');
  }

  /** A connection that has room for one more subscription. */
  forSubscription(): Connection {
    for (const connection of this.#subscriptions) {
      if (connection.streams < streamsPerConnectionMax) return connection;
    }
    const connection = this.#create();
    this.#subscriptions.add(connection);
    return connection;
  }

  doubtSubscriptions(connection: Connection): void {
    if (this.#subscriptions.delete(connection)) connection.retire();
  }

  async close(): Promise<void> {
    const open = [this.appends.close(), this.reads.close()];
    for (const connection of this.#subscriptions) open.push(connection.destroy());
    await Promise.all(open);
  }

  #create(): Connection {
    this.#created += 1;
    return new Connection(connectionStringFor(this.#connectionString, this.#created));
  }
}
