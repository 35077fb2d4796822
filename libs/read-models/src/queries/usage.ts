// What an organization used: counted in the rows that are there anyway, when a server begins to count by itself. The
// events of one append are of one stream, one call and one moment.

import { sql } from 'kysely';

import type { Instant, OrganizationId } from '#domain/ids.js';
import { meteredTypes, type Period, type Usage } from '#domain/quota/usage.js';
import { type Answer, accepted, type Sources } from '#read-models/queries/queries.js';

export async function usageOf(
  organizationId: OrganizationId,
  { start, end }: Period,
  { reading }: Sources,
): Promise<Answer<Usage, never>> {
  const entries = sql.table(reading.tableOf('audit', 'entries'));
  const factors = sql.table(reading.tableOf('users', 'factors'));
  const metered = sql.join(meteredTypes);
  const { rows } = await sql<Record<keyof Usage, number | string>>`select
    (select count(*) from (select distinct stream, call_id, time from ${entries} where organization_id = ${organizationId}
      and time >= ${start} and time < ${end} and type in (${metered})) as appends) as turns,
    (select count(*) from ${factors} where organization_id = ${organizationId} and state <> 'pending') as relationships
    `.execute(reading.db);
  const [row] = rows;
  return accepted({ turns: Number(row?.turns ?? 0), relationships: Number(row?.relationships ?? 0) });
}

export interface AppendKey {
  readonly stream: string;
  readonly callId: string;
  readonly time: Instant;
}

/** Which of these appends are in the log. */
export async function appendsInLog(
  organizationId: OrganizationId,
  keys: readonly AppendKey[],
  { reading }: Sources,
): Promise<Answer<readonly boolean[], never>> {
  if (keys.length === 0) return accepted([]);
  const entries = sql.table(reading.tableOf('audit', 'entries'));
  const calls = sql.join([...new Set(keys.map(({ callId }) => callId))]);
  const { rows } = await sql<Record<'stream' | 'call_id' | 'time', string | number>>`
    select distinct stream, call_id, time from ${entries}
    where organization_id = ${organizationId} and call_id in (${calls})`.execute(reading.db);
  const found = new Set(rows.map(({ stream, call_id, time }) => textOf(stream, call_id, time)));
  return accepted(keys.map(({ stream, callId, time }) => found.has(textOf(stream, callId, time))));
}

const textOf = (...parts: readonly (string | number)[]): string => JSON.stringify(parts.map(String));
