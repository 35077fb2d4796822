// The schema of the keys. They stand in many small tables, so that one can be written anew when a key of it is
// erased: PostgreSQL overwrites nothing where it stands, and what VACUUM frees still has the bytes.

import { createHash } from 'node:crypto';
import type { ClientBase, QueryConfig } from 'pg';

import { damaged, unavailable } from '#key-store-postgres/key-store-failure.js';

/** With a million keys one has four thousand, and is written anew in some tens of milliseconds. */
export const bucketsCount = 256;
const layoutVersion = 1;
/** Any number will do, as long as nobody else in the database takes it for something that may last. */
const makingLock = 7_346_021_150;
/** Hundreds of tables take seconds on a busy machine, and another server that starts waits for them. */
const makingMaxMs = 60_000;

export const bucketOf = (subject: string): number =>
  createHash('sha256').update(subject).digest().readUInt8(0);

export const tableOf = (bucket: number): string => `keys.data_keys_${bucket}`;

const making = `
  DO $$ BEGIN IF to_regnamespace('keys') IS NULL THEN CREATE SCHEMA keys; END IF; END $$;
  CREATE TABLE keys.data_keys (
    bucket smallint NOT NULL,
    subject text COLLATE "C" NOT NULL,
    key_id text COLLATE "C" NOT NULL,
    master_key_id text COLLATE "C" NOT NULL,
    wrapped bytea NOT NULL,
    PRIMARY KEY (bucket, subject)
  ) PARTITION BY LIST (bucket);
  CREATE INDEX ON keys.data_keys (master_key_id, subject);
  CREATE TABLE keys.to_write_anew (bucket smallint PRIMARY KEY);
  DO $$ BEGIN
    FOR bucket IN 0..${bucketsCount - 1} LOOP
      EXECUTE format('CREATE TABLE keys.data_keys_%s PARTITION OF keys.data_keys FOR VALUES IN (%s)', bucket, bucket);
    END LOOP;
  END $$;
  CREATE TABLE keys.layout AS SELECT ${layoutVersion} AS version;
`;

/** Makes them where there are none. Throws for a schema of this name that is somebody else's. */
export async function prepareTables(client: ClientBase): Promise<void> {
  await assertSettings(client);
  await client.query(
    `BEGIN; SET LOCAL lock_timeout = ${makingMaxMs}; SET LOCAL statement_timeout = ${makingMaxMs}`,
  );
  await patiently(client, `SELECT pg_advisory_xact_lock(${makingLock})`);
  const found = await layoutOf(client);
  if (found === null) await make(client);
  await client.query('COMMIT');
  if (found === null || found === layoutVersion) return;
  throw damaged(`its tables have layout ${found}, this version knows ${layoutVersion}`);
}

function patiently(client: ClientBase, text: string): Promise<unknown> {
  const config: QueryConfig & { readonly query_timeout: number } = { text, query_timeout: makingMaxMs };
  return client.query(config);
}

/** Null where the schema is missing or empty. */
async function layoutOf(client: ClientBase): Promise<number | null> {
  const { rows } = await client.query<{ name: string }>(
    "SELECT relname AS name FROM pg_class WHERE relnamespace = to_regnamespace('keys') AND relkind IN ('r', 'p', 'v')",
  );
  if (rows.length === 0) return null;
  if (!rows.some(({ name }) => name === 'layout'))
    throw damaged('the schema "keys" of this database is somebody else\'s');
  const layout = await client.query<{ version: number }>('SELECT version FROM keys.layout');
  return layout.rows[0]?.version ?? 0;
}

async function make(client: ClientBase): Promise<void> {
  try {
    await patiently(client, making);
  } catch (error) {
    if ((error as { code?: string }).code !== '42501') throw error;
    const told = 'this role may not make the schema "keys": let an administrator of the database run';
    throw unavailable(`${told} CREATE SCHEMA keys AUTHORIZATION <role>`, error);
  }
}

/** Older ones get no corrections any more. */
const majorVersionMin = 15;

export interface ServerSettings {
  readonly server_version_num: string;
  readonly fsync: string;
  readonly synchronous_commit: string;
  readonly server_encoding: string;
}

async function assertSettings(client: ClientBase): Promise<void> {
  const names = ['server_version_num', 'fsync', 'synchronous_commit', 'server_encoding'] as const;
  const asked = names.map((name) => `current_setting('${name}') AS ${name}`).join(', ');
  const { rows } = await client.query<ServerSettings>(`SELECT ${asked}`);
  const refusal = refusalOf(rows[0] as ServerSettings);
  if (refusal !== null) throw unavailable(refusal);
}

/** Without them a key that was acknowledged may be lost, and with it all that it seals. */
export function refusalOf(settings: ServerSettings): string | null {
  const { server_version_num, fsync, synchronous_commit, server_encoding } = settings;
  const major = Math.floor(Number(server_version_num) / 10_000);
  if (!(major >= majorVersionMin))
    return `its server is PostgreSQL ${major}, and ${majorVersionMin} is the least`;
  if (fsync !== 'on') return 'the server runs with fsync=off';
  if (synchronous_commit === 'off') return 'its connections have synchronous_commit=off';
  if (server_encoding !== 'UTF8') return `its database has the encoding ${server_encoding}, not UTF8`;
  return null;
}

/** Nothing is left of what was deleted from it, in whatever transaction somebody may still look at it. */
export async function writeAnew(client: ClientBase, bucket: number): Promise<void> {
  const table = tableOf(bucket);
  await client.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
  const { rowCount } = await client.query('DELETE FROM keys.to_write_anew WHERE bucket = $1', [bucket]);
  if (rowCount === 1) {
    await client.query(`DO $$ DECLARE kept ${table}[]; BEGIN
      SELECT array_agg(living) INTO kept FROM ${table} AS living;
      TRUNCATE ${table};
      INSERT INTO ${table} SELECT * FROM unnest(kept);
    END $$`);
  }
  await client.query('COMMIT');
}
