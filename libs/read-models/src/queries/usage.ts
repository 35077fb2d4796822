// What an organization used: counted in the rows that are there anyway, when a server begins to count by itself. The
// events of one append are of one stream, one call and one moment.

import { sql } from 'kysely';

import type { OrganizationId } from '#domain/ids.js';
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
