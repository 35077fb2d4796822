// The schema of read models: what is there before the first table of a projection.

import type pg from 'pg';

import { ModelStoreError } from '#read-models/store.js';
import { inTransaction, tellable, told } from '#read-models/stores/postgres/connections.js';
import { schemaName } from '#read-models/stores/postgres/tables.js';

/** Held while tables are made or go, so that two servers that start together make them once. */
export const makingLock = `SELECT pg_advisory_xact_lock(7346021151)`;

/** What each layout after the first added. */
const additions = [
  `CREATE TABLE ${schemaName}.replays (
    build bigint PRIMARY KEY,
    projection text COLLATE "C" NOT NULL,
    side text COLLATE "C",
    phase text NOT NULL,
    details text NOT NULL
  )`,
  `CREATE TABLE ${schemaName}.paused (projection text COLLATE "C" PRIMARY KEY)`,
] as const;
const layoutVersion = 1 + additions.length;

const making = `
  CREATE SEQUENCE ${schemaName}.build_numbers;
  CREATE TABLE ${schemaName}.builds (
    build bigint PRIMARY KEY DEFAULT nextval('${schemaName}.build_numbers'),
    projection text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    is_live boolean NOT NULL,
    tables text NOT NULL
  );
  CREATE UNIQUE INDEX builds_live ON ${schemaName}.builds (projection) WHERE is_live;
  CREATE TABLE ${schemaName}.checkpoints (
    build bigint PRIMARY KEY REFERENCES ${schemaName}.builds ON DELETE CASCADE,
    log text NOT NULL,
    position text NOT NULL,
    events bigint NOT NULL
  ) WITH (fillfactor = 10);
  CREATE TABLE ${schemaName}.parked (
    build bigint REFERENCES ${schemaName}.builds ON DELETE CASCADE,
    stream text COLLATE "C",
    position text COLLATE "C" NOT NULL,
    error text NOT NULL,
    attempts bigint NOT NULL,
    PRIMARY KEY (build, stream)
  );
  CREATE TABLE ${schemaName}.leases (
    name text COLLATE "C" PRIMARY KEY,
    holder text NOT NULL,
    token bigint NOT NULL,
    until timestamptz NOT NULL
  );
  CREATE UNIQUE INDEX leases_held ON ${schemaName}.leases (name, token);
  CREATE TABLE ${schemaName}.layout AS SELECT ${layoutVersion} AS version;
  ${additions.join(';')};
`;

/** Answers the schema that the operators of trigrams stand in. */
export async function prepareSchema(pool: pg.Pool): Promise<string> {
  return inTransaction(pool, async (client) => {
    await told(client.query(makingLock));
    await assertEncoding(client);
    const found = await layoutOf(client);
    if (found === null) await make(client);
    else if (found >= 1 && found < layoutVersion) await told(client.query(additionsAfter(found)));
    else if (found !== layoutVersion)
      throw new ModelStoreError('damaged', `their tables have layout ${found}, known is ${layoutVersion}`);
    return trigramsOf(client);
  });
}

function additionsAfter(layout: number): string {
  const noting = `UPDATE ${schemaName}.layout SET version = ${layoutVersion}`;
  return [...additions.slice(layout - 1), noting].join(';');
}

async function assertEncoding(client: pg.ClientBase): Promise<void> {
  const { rows } = await told(
    client.query<{ encoding: string; icu: boolean }>(
      `SELECT current_setting('server_encoding') AS encoding,
        EXISTS (SELECT FROM pg_collation WHERE collname = 'und-x-icu') AS icu`,
    ),
  );
  if (rows[0]?.encoding !== 'UTF8')
    throw new ModelStoreError('unavailable', `the database has the encoding ${rows[0]?.encoding}, not UTF8`);
  if (rows[0].icu) return;
  throw new ModelStoreError('unavailable', 'the server was built without ICU, which folds case');
}

/** Null where the schema is missing or empty. */
async function layoutOf(client: pg.ClientBase): Promise<number | null> {
  const { rows } = await told(
    client.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class
        WHERE relnamespace = to_regnamespace('${schemaName}') AND relkind IN ('r', 'p', 'v', 'm')`,
    ),
  );
  if (rows.length === 0) return null;
  if (!rows.some(({ name }) => name === 'layout'))
    throw new ModelStoreError(
      'damaged',
      `the schema "${schemaName}" of this database is somebody else's; give Countersign a database of its own`,
    );
  const layout = await told(client.query<{ version: number }>(`SELECT version FROM ${schemaName}.layout`));
  return layout.rows[0]?.version ?? 0;
}

async function make(client: pg.ClientBase): Promise<void> {
  // Asked for even where it is there already, the schema needs a right that its owner may not have.
  await permitted(client, schemaMaking, `CREATE SCHEMA ${schemaName} AUTHORIZATION <role>`);
  await permitted(client, extensionMaking, 'CREATE EXTENSION pg_trgm');
  await permitted(client, making, `ALTER SCHEMA ${schemaName} OWNER TO <role>`);
}

const schemaMaking = `DO $$ BEGIN
  IF to_regnamespace('${schemaName}') IS NULL THEN CREATE SCHEMA ${schemaName}; END IF;
END $$`;

const extensionMaking = `DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm')
  THEN CREATE EXTENSION pg_trgm SCHEMA ${schemaName}; END IF;
END $$`;

/** No right to it, or no such extension on the server. */
const isRefused = /^(42501|0A000|58P01)$/;

async function permitted(client: pg.ClientBase, sql: string, instead: string): Promise<void> {
  try {
    await client.query(sql);
  } catch (error) {
    throw refusalOf(error, instead);
  }
}

function refusalOf(error: unknown, instead: string): unknown {
  const { code = '', message } = error as { code?: string; message: string };
  if (!isRefused.test(code)) return tellable(error);
  const reason = `${message}; let an administrator of the database run ${instead}`;
  return new ModelStoreError('unavailable', reason, { cause: error });
}

async function trigramsOf(client: pg.ClientBase): Promise<string> {
  const { rows } = await told(
    client.query<{ schema: string }>(
      "SELECT extnamespace::regnamespace::text AS schema FROM pg_extension WHERE extname = 'pg_trgm'",
    ),
  );
  if (rows[0] === undefined)
    throw new ModelStoreError('unavailable', 'the extension pg_trgm is gone; run CREATE EXTENSION pg_trgm');
  return rows[0].schema.replace(/^"|"$/g, '');
}
