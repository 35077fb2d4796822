// Of several servers one at a time does something for the same organization: it holds a lock in the database that they
// share. Whoever dies gives it back with its connection.

import pg from 'pg';

export interface SharedTurnsOptions {
  readonly url: string;
  readonly onTrouble: (text: string) => void;
}

/** One a turn: so many organizations at the same time, whichever they are. */
const connectionsMax = 8;
const connectTimeoutMs = 5_000;
/** Beyond the default deadline of a call nobody would wait for it. */
const lockTimeoutMs = 10_000;

/** Any number will do that nobody else in the database locks by, beside the hash of a text. */
const taking = 'SELECT pg_advisory_lock(734602115, hashtext($1))';
const passing = 'SELECT pg_advisory_unlock(734602115, hashtext($1))';

export class SharedTurns {
  readonly #pool: pg.Pool;
  /** Of this process the last that waits for each, so that one connection is enough for them. */
  readonly #last = new Map<string, Promise<void>>();

  constructor({ url, onTrouble }: SharedTurnsOptions) {
    this.#pool = new pg.Pool({
      connectionString: url,
      application_name: 'countersign quotas',
      max: connectionsMax,
      connectionTimeoutMillis: connectTimeoutMs,
      lock_timeout: lockTimeoutMs,
      query_timeout: lockTimeoutMs + 2_000,
      keepAlive: true,
    });
    this.#pool.on('error', (error) => onTrouble(`a connection for quotas broke: ${error.message}`));
  }

  /** Resolves to what ends the turn. Rejects where the database does not answer. */
  async take(name: string): Promise<() => void> {
    const before = this.#last.get(name);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last.set(name, promise);
    const end = () => {
      if (this.#last.get(name) === promise) this.#last.delete(name);
      resolve();
    };
    await before;
    try {
      const client = await this.#locked(name);
      return () => void this.#pass(name, client).then(end);
    } catch (error) {
      end();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #locked(name: string): Promise<pg.PoolClient> {
    const client = await this.#pool.connect();
    // A connection that ends while it is lent must not end the process: its lock is gone, and so is the turn.
    client.on('error', ignore);
    try {
      await client.query(taking, [name]);
      return client;
    } catch (error) {
      giveUp(client);
      throw error;
    }
  }

  async #pass(name: string, client: pg.PoolClient): Promise<void> {
    try {
      await client.query(passing, [name]);
      client.off('error', ignore);
      client.release();
    } catch {
      // With the connection the lock goes, too.
      giveUp(client);
    }
  }
}

function giveUp(client: pg.PoolClient): void {
  client.off('error', ignore);
  client.release(true);
}

function ignore(): void {
  // The statement that comes next says it.
}
