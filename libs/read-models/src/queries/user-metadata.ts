// What others noted down about a user.

import { sql } from 'kysely';

import type { Instant } from '#domain/ids.js';
import { among } from '#read-models/queries/conditions.js';
import type { Reading } from '#read-models/store.js';

export interface UserMetadata {
  readonly key: string;
  readonly value: Uint8Array;
  readonly createdAt: Instant;
  readonly changedAt: Instant;
}

interface MetadataRow {
  readonly stream: string;
  readonly key: string;
  readonly value: Uint8Array;
  readonly created_at: number;
  readonly changed_at: number;
}

/** By the streams of the users, in the order in which their keys were first set. */
export async function metadataOf(
  reading: Reading,
  streams: readonly string[],
): Promise<ReadonlyMap<string, readonly UserMetadata[]>> {
  const table = (name: string) => sql.table(reading.tableOf('users', name));
  const { rows } = await sql<MetadataRow>`
    select m.stream, m.key, m.value, m.created_at, m.changed_at
    from ${table('users')} as t
    join ${table('metadata')} as m on m.organization_id = t.organization_id and m.stream = t.stream
    where ${among(reading, 't.stream', streams)} and m.key is not null and m.value is not null
    order by m.place`.execute(reading.db);
  const byStream = new Map<string, UserMetadata[]>();
  for (const { stream, key, value, created_at, changed_at } of rows) {
    const entry = {
      key,
      value: Buffer.from(value),
      createdAt: Number(created_at),
      changedAt: Number(changed_at),
    };
    byStream.set(stream, [...(byStream.get(stream) ?? []), entry]);
  }
  return byStream;
}
