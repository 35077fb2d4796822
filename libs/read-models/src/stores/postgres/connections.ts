// Connections to PostgreSQL: bounded in number and time, and what their failures mean to those who call the store.

import pg from 'pg';

import { Behind, Fenced, ModelStoreError, OtherVersion, RowRefused } from '#read-models/store.js';
import { schemaName } from '#read-models/stores/postgres/tables.js';

/** Two cores of a server serve about so many at once; more would only wait there instead of here. */
export const connectionsDefault = 8;
const connectTimeoutMs = 5_000;
/** As long as the default deadline of a call: whoever asked is gone after it. */
const statementTimeoutDefaultMs = 10_000;
/** When the server does not even answer that it took too long. */
const silenceMs = 2_000;
/** Between two statements of a transaction there is only our own work. */
const idleInTransactionMs = 30_000;

export interface ConnectionOptions {
  readonly url: string;
  readonly connections?: number;
  readonly statementTimeoutMs?: number;
  /** Told what an operator should know: a connection that broke while nothing was asked. */
  readonly onTrouble?: (text: string) => void;
}

const int8 = 20;
const numeric = 1_700;

/** Counts and sums are numbers, as they are with SQLite. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === int8 || oid === numeric ? Number : pg.types.getTypeParser(oid, format),
};

export function openPool({ connections, ...options }: ConnectionOptions): pg.Pool {
  const { onTrouble } = options;
  const max = connections ?? connectionsDefault;
  const pool = new pg.Pool({ ...configOf(options), max, connectionTimeoutMillis: connectTimeoutMs });
  pool.on('error', (error) => onTrouble?.(`a connection to the read models broke: ${error.message}`));
  return pool;
}

/** Beside the pool, for what takes long and may be cut short at any moment. */
export async function connectAlone(options: ConnectionOptions): Promise<pg.Client> {
  const client = new pg.Client({ ...configOf(options), connectionTimeoutMillis: connectTimeoutMs });
  client.on('error', ignore);
  await told(client.connect());
  return client;
}

function configOf({ url, ...options }: ConnectionOptions): pg.ClientConfig {
  const statementTimeoutMs = options.statementTimeoutMs ?? statementTimeoutDefaultMs;
  return {
    connectionString: url,
    application_name: 'countersign read models',
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + silenceMs,
    idle_in_transaction_session_timeout: idleInTransactionMs,
    // Queries name tables as the store does; they are short, and compiling one costs more than it saves.
    options: `-c search_path=${schemaName} -c jit=off`,
    keepAlive: true,
    types,
  };
}

/** A connection on which something failed may be within a transaction still: it is given up. */
export async function withClient<Outcome>(
  pool: pg.Pool,
  use: (client: pg.PoolClient) => Promise<Outcome>,
): Promise<Outcome> {
  const client = await told(pool.connect());
  // A connection that ends while nothing is asked of it must not end the process; the next statement fails.
  client.on('error', ignore);
  let failed = true;
  try {
    const outcome = await use(client);
    failed = false;
    return outcome;
  } finally {
    client.off('error', ignore);
    client.release(failed);
  }
}

function ignore(): void {
  // The statement that comes next, or the one under way, says it.
}

/** All of it or nothing. */
export async function inTransaction<Outcome>(
  pool: pg.Pool,
  use: (client: pg.PoolClient) => Promise<Outcome>,
  begin = 'BEGIN',
): Promise<Outcome> {
  return withClient(pool, async (client) => {
    await told(client.query(begin));
    const outcome = await use(client);
    await told(client.query('COMMIT'));
    return outcome;
  });
}

const isTooSlow = /^57014$/;
/** Data exceptions, integrity, and what is too large for an index. */
const ofTheRow = /^(22|23|54)/;
/** Tables or columns that are not there or are others, and pages that cannot be read. */
const ofWhatIsStored = /^(3F000|42P01|42703|42804|XX00[012])$/;

/** As the port tells it; whatever is told already, or is a bug, stays what it is. */
export function tellable(error: unknown): unknown {
  if (error instanceof ModelStoreError || error instanceof RowRefused || error instanceof Fenced)
    return error;
  if (error instanceof OtherVersion || error instanceof Behind || error instanceof TypeError) return error;
  const { code = '', message } = error as { code?: string; message: string };
  if (isTooSlow.test(code)) return new ModelStoreError('too-slow', message, { cause: error });
  if (error instanceof pg.DatabaseError && ofTheRow.test(code))
    return new RowRefused(`the row does not fit (${code})`, { cause: error });
  if (ofWhatIsStored.test(code)) return new ModelStoreError('damaged', message, { cause: error });
  return new ModelStoreError('unavailable', message, { cause: error });
}

export async function told<Outcome>(answer: Promise<Outcome>): Promise<Outcome> {
  try {
    return await answer;
  } catch (error) {
    throw tellable(error);
  }
}
