// Data keys in the PostgreSQL where read models are, in a schema of their own that is never dropped with them.

import pg from 'pg';

import { failureOf, unavailable } from '#key-store-postgres/key-store-failure.js';
import { bucketOf, prepareTables, tableOf, writeAnew } from '#key-store-postgres/key-tables.js';
import type { KeyPage, KeyStore, WrappedKey } from '#secrets/key-store.js';

export interface PostgresKeyStoreOptions {
  readonly url: string;
  /** Told what an operator should know: a connection that broke while nothing was asked. */
  readonly onTrouble?: (text: string) => void;
}

/** Keys are cached by those who ask; what is left are first uses, additions and erasures. */
const connectionsMax = 4;
const connectTimeoutMs = 5_000;
/** As long as the default deadline of a call: waiting longer would help nobody. */
const statementTimeoutMs = 10_000;
/** When the server does not even answer that it took too long. */
const silenceTimeoutMs = 12_000;
/** A backup that is being taken reads every table; nobody who asks for a key may wait behind an erasure that waits. */
const lockTimeoutMs = 2_000;
/** Beyond it the server is not keeping up, and more would only wait. */
const callsWaitingMax = 20_000;

interface Row {
  readonly subject: string;
  readonly key_id: string;
  readonly master_key_id: string;
  readonly wrapped: Buffer;
}

const columns = 'subject, key_id, master_key_id, wrapped';

export class PostgresKeyStore implements KeyStore {
  readonly #pool: pg.Pool;
  readonly #underWay = new Set<Promise<unknown>>();
  #closing: Promise<void> | null = null;

  private constructor({ url, onTrouble }: PostgresKeyStoreOptions) {
    this.#pool = new pg.Pool({
      connectionString: url,
      application_name: 'countersign keys',
      max: connectionsMax,
      connectionTimeoutMillis: connectTimeoutMs,
      statement_timeout: statementTimeoutMs,
      query_timeout: silenceTimeoutMs,
      lock_timeout: lockTimeoutMs,
      idle_in_transaction_session_timeout: statementTimeoutMs,
      keepAlive: true,
    });
    this.#pool.on('error', (error) => onTrouble?.(`a connection to the key store broke: ${error.message}`));
  }

  /** Throws `KeyStoreError`: `damaged` also for tables of somebody else, which are left as they are. */
  static async open(options: PostgresKeyStoreOptions): Promise<KeyStore> {
    const store = new PostgresKeyStore(options);
    try {
      await store.#call(() => store.#withClient(prepareTables));
      await store.#finishErasures();
    } catch (error) {
      await store.close();
      throw error;
    }
    return store;
  }

  add({ subject, keyId, masterKeyId, wrapped }: WrappedKey): Promise<boolean> {
    const bucket = bucketOf(subject);
    return this.#call(async () => {
      const { rowCount } = await this.#pool.query(
        `INSERT INTO ${tableOf(bucket)} (bucket, ${columns}) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
        [bucket, subject, keyId, masterKeyId, Buffer.from(wrapped)],
      );
      return rowCount === 1;
    });
  }

  get(subject: string): Promise<WrappedKey | null> {
    return this.#call(async () => {
      const { rows } = await this.#pool.query<Row>(
        `SELECT ${columns} FROM ${tableOf(bucketOf(subject))} WHERE subject = $1 AND bucket = $2`,
        [subject, bucketOf(subject)],
      );
      return rows[0] === undefined ? null : keyOf(rows[0]);
    });
  }

  erase(subject: string): Promise<boolean> {
    const bucket = bucketOf(subject);
    return this.#call(async () => {
      const { rows } = await this.#pool.query<{ gone: boolean; marked: boolean }>(
        `WITH gone AS (DELETE FROM ${tableOf(bucket)} WHERE subject = $1 AND bucket = $2 RETURNING bucket),
          marking AS (INSERT INTO keys.to_write_anew SELECT bucket FROM gone ON CONFLICT DO NOTHING)
        SELECT EXISTS (SELECT FROM gone) AS gone,
          EXISTS (SELECT FROM keys.to_write_anew WHERE bucket = $2) AS marked`,
        [subject, bucket],
      );
      const { gone = false, marked = false } = rows[0] ?? {};
      if (gone || marked) await this.#withClient((client) => writeAnew(client, bucket));
      return gone;
    });
  }

  rewrap(from: WrappedKey, to: WrappedKey): Promise<boolean> {
    const bucket = bucketOf(from.subject);
    const stored = [bucket, from.subject, from.keyId, from.masterKeyId, Buffer.from(from.wrapped)];
    return this.#call(async () => {
      const { rowCount } = await this.#pool.query(
        `UPDATE ${tableOf(bucket)} SET key_id = $6, master_key_id = $7, wrapped = $8
        WHERE bucket = $1 AND subject = $2 AND key_id = $3 AND master_key_id = $4 AND wrapped = $5`,
        [...stored, to.keyId, to.masterKeyId, Buffer.from(to.wrapped)],
      );
      return rowCount === 1;
    });
  }

  notWrappedBy(masterKeyId: string, { after, limit }: KeyPage): Promise<readonly WrappedKey[]> {
    return this.#call(async () => {
      // Steps from one id to the next in the indexes: there are few, and many keys of each.
      const { rows } = await this.#pool.query<Row>(
        `WITH RECURSIVE ids (id) AS (
          SELECT min(master_key_id) FROM keys.data_keys
          UNION ALL
          SELECT (SELECT min(master_key_id) FROM keys.data_keys WHERE master_key_id > id) FROM ids WHERE id IS NOT NULL
        ) SELECT page.* FROM ids CROSS JOIN LATERAL (
          SELECT ${columns} FROM keys.data_keys WHERE master_key_id = id AND subject > $2 ORDER BY subject LIMIT $3
        ) AS page WHERE id <> $1 ORDER BY subject LIMIT $3`,
        [masterKeyId, after ?? '', limit],
      );
      return rows.map(keyOf);
    });
  }

  countByMasterKey(): Promise<ReadonlyMap<string, number>> {
    return this.#call(async () => {
      const { rows } = await this.#pool.query<{ id: string; count: string }>(
        'SELECT master_key_id AS id, count(*) AS count FROM keys.data_keys GROUP BY master_key_id',
      );
      return new Map(rows.map(({ id, count }) => [id, Number(count)]));
    });
  }

  close(): Promise<void> {
    this.#closing ??= Promise.allSettled(this.#underWay).then(() => this.#pool.end());
    return this.#closing;
  }

  /** Those that were cut short after their keys were deleted. */
  #finishErasures(): Promise<void> {
    return this.#call(async () => {
      const { rows } = await this.#pool.query<{ bucket: number }>('SELECT bucket FROM keys.to_write_anew');
      for (const { bucket } of rows) await this.#withClient((client) => writeAnew(client, bucket));
    });
  }

  #call<Outcome>(work: () => Promise<Outcome>): Promise<Outcome> {
    if (this.#closing !== null) return Promise.reject(unavailable('it is closed'));
    if (this.#underWay.size >= callsWaitingMax)
      return Promise.reject(unavailable('too many calls are waiting'));
    const outcome = work().catch((error: unknown) => {
      throw failureOf(error);
    });
    this.#underWay.add(outcome);
    const forget = (): unknown => this.#underWay.delete(outcome);
    outcome.then(forget, forget);
    return outcome;
  }

  /** A connection on which something failed may be within a transaction still: it is given up. */
  async #withClient(work: (client: pg.PoolClient) => Promise<void>): Promise<void> {
    const client = await this.#pool.connect();
    // A connection that ends while it is lent must not end the process; its statement fails.
    client.on('error', ignore);
    let failed = true;
    try {
      await work(client);
      failed = false;
    } finally {
      client.off('error', ignore);
      client.release(failed);
    }
  }
}

function ignore(): void {
  // The statement that comes next, or the one under way, says it.
}

function keyOf({ subject, key_id, master_key_id, wrapped }: Row): WrappedKey {
  return { subject, keyId: key_id, masterKeyId: master_key_id, wrapped };
}
