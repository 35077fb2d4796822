// Rows that were removed stand in the pages of their table until PostgreSQL cleans it, which it puts off until a fifth of
// the table is like that. Here it is told to, soon after, and beside whatever else is done: what is left of a page is moved
// together, over what was removed.

import type pg from 'pg';

import { type ConnectionOptions, connectAlone } from '#read-models/stores/postgres/connections.js';
import { qualified, schemaName } from '#read-models/stores/postgres/tables.js';

/** With what comes a little later in one go. */
const afterDefaultMs = 5_000;
/** What a reader who began before may still see is cleaned the next time, each after twice as long; then it waits for more. */
const roundsMax = 8;
/** Of a table of many millions of rows; nobody waits for it. */
const tableMaxMs = 600_000;

export interface WipingOptions extends Pick<ConnectionOptions, 'url' | 'onTrouble'> {
  readonly wipeAfterMs?: number;
}

export class Wiping {
  readonly #options: WipingOptions;
  readonly #tables = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #client: pg.Client | null = null;
  #rounds = 0;
  #isClosed = false;

  constructor(options: WipingOptions) {
    this.#options = options;
  }

  /** Of a build that is not live yet nothing is cleaned before `begin`: it grows. */
  removedFrom(tables: Iterable<string>): void {
    for (const table of tables) this.#tables.add(table);
  }

  begin(): void {
    this.#rounds = 0;
    this.#schedule();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    // The server goes on with what it has begun.
    void this.#client?.end();
  }

  #schedule(): void {
    const isUnderWay = this.#timer !== undefined || this.#client !== null;
    if (this.#isClosed || isUnderWay || this.#tables.size === 0 || this.#rounds === roundsMax) return;
    const { wipeAfterMs = afterDefaultMs } = this.#options;
    this.#timer = setTimeout(() => void this.#wipe(), wipeAfterMs * 2 ** this.#rounds).unref();
    this.#rounds += 1;
  }

  async #wipe(): Promise<void> {
    this.#timer = undefined;
    const { url, onTrouble } = this.#options;
    try {
      const client = await connectAlone({ url, statementTimeoutMs: tableMaxMs });
      this.#client = client;
      // As the server itself does it, so that others have the disk meanwhile.
      await client.query('SET vacuum_cost_delay = 2');
      for (const table of [...this.#tables]) await this.#clean(client, table);
    } catch (error) {
      if (!this.#isClosed) onTrouble?.(`removed rows are not cleaned yet: ${(error as Error).message}`);
    }
    await this.#client?.end().catch(() => undefined);
    this.#client = null;
    this.#schedule();
  }

  async #clean(client: pg.Client, table: string): Promise<void> {
    this.#tables.delete(table);
    try {
      const asking = 'SELECT oid FROM pg_class WHERE relnamespace = to_regnamespace($1) AND relname = $2';
      const { rows } = await client.query<{ oid: number }>(asking, [schemaName, table]);
      if (rows[0] === undefined) return;
      await client.query(`VACUUM (INDEX_CLEANUP ON) ${qualified(table)}`);
      const left = await client.query<{ dead: number }>('SELECT pg_stat_get_dead_tuples($1) AS dead', [
        rows[0].oid,
      ]);
      if (left.rows[0]?.dead !== 0) this.#tables.add(table);
    } catch (error) {
      this.#tables.add(table);
      throw error;
    }
  }
}
