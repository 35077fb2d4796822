// The progress as a row in the PostgreSQL that servers share, in a schema of its own: read models are dropped and made
// again, and this is not.

import { randomUUID } from 'node:crypto';

import pg from 'pg';

import { ClaimLost, type ProgressStore } from '#delivery-hook/progress-store.js';

export interface ProgressInPostgresOptions {
  readonly url: string;
  readonly onTrouble: (text: string) => void;
  /** What is had in the same database, and ends with it. */
  readonly onClose?: () => Promise<void>;
}

/** Two servers that start together make it once. */
const making = `
  SELECT pg_advisory_xact_lock(7346021152);
  DO $$ BEGIN
    IF to_regnamespace('delivery_hook') IS NULL THEN CREATE SCHEMA delivery_hook; END IF;
  END $$;
  CREATE TABLE IF NOT EXISTS delivery_hook.progress (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    claim text NOT NULL,
    progress text NOT NULL
  );
`;
const connectTimeoutMs = 5_000;
const statementTimeoutMs = 5_000;

export class ProgressInPostgres implements ProgressStore {
  readonly #pool: pg.Pool;
  readonly #claim = randomUUID();
  readonly #onClose: ProgressInPostgresOptions['onClose'];

  constructor({ url, onTrouble, onClose }: ProgressInPostgresOptions) {
    this.#onClose = onClose;
    this.#pool = new pg.Pool({
      connectionString: url,
      application_name: 'countersign delivery hook',
      max: 1,
      connectionTimeoutMillis: connectTimeoutMs,
      statement_timeout: statementTimeoutMs,
      query_timeout: statementTimeoutMs + 2_000,
      keepAlive: true,
    });
    this.#pool.on('error', (error) => onTrouble(`a connection of the delivery hook broke: ${error.message}`));
  }

  async begin(text: string): Promise<string> {
    // Several statements in one text are one transaction.
    await this.#pool.query(making);
    await this.#pool.query(
      "INSERT INTO delivery_hook.progress (claim, progress) VALUES ('', $1) ON CONFLICT DO NOTHING",
      [text],
    );
    const kept = await this.#pool.query<{ progress: string }>('SELECT progress FROM delivery_hook.progress');
    return kept.rows[0]?.progress ?? text;
  }

  async claim(): Promise<string> {
    const { rows } = await this.#pool.query<{ progress: string }>(
      'UPDATE delivery_hook.progress SET claim = $1 RETURNING progress',
      [this.#claim],
    );
    const [row] = rows;
    if (row === undefined) throw new Error('the progress of the delivery hook is gone');
    return row.progress;
  }

  async write(text: string): Promise<void> {
    const { rowCount } = await this.#pool.query(
      'UPDATE delivery_hook.progress SET progress = $2 WHERE claim = $1',
      [this.#claim, text],
    );
    if (rowCount !== 1) throw new ClaimLost();
  }

  async close(): Promise<void> {
    try {
      await this.#onClose?.();
    } finally {
      await this.#pool.end();
    }
  }
}
