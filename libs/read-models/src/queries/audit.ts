// What happened, the latest first, however long ago.

import { type SqlBool, sql } from 'kysely';

import type { Instant, OrganizationId, UserId } from '#domain/ids.js';
import type { Position } from '#event-log/event-log.js';
import {
  type Answer,
  accepted,
  type ListRefusal,
  pageDefault,
  refusedPage,
  rejected,
  type Sources,
} from '#read-models/queries/queries.js';
import { userStreamOf } from '#read-models/queries/user-conditions.js';

export interface AuditEntry {
  readonly position: Position;
  readonly stream: string;
  readonly revision: number;
  readonly time: Instant;
  readonly type: string;
  readonly editor: string | null;
  readonly callId: string | null;
  readonly traceId: string | null;
  /** That acted, or for which something was checked. */
  readonly sessionId: string | null;
  readonly organizationId: OrganizationId | null;
  /** Sealed parts are told as `sealed`, hashes as `hashed`. */
  readonly data: unknown;
}

export interface AuditSearch {
  /** Null for what happened to anybody and anything of the organization. */
  readonly userId: UserId | null;
  /** Of the last entry of the page before; null for the latest. */
  readonly before: Position | null;
  readonly limit: number | null;
}

export interface AuditPage {
  readonly entries: readonly AuditEntry[];
  /** To go on from; null where nothing older is. */
  readonly next: Position | null;
}

/** Of users and organizations that are gone, too. */
export async function listAudit(
  organizationId: OrganizationId,
  search: AuditSearch,
  sources: Sources,
): Promise<Answer<AuditPage, ListRefusal>> {
  const { userId, before } = search;
  const refusal = refusedPage({ offset: 0, limit: search.limit });
  if (refusal !== null) return rejected(refusal);
  const limit = search.limit ?? pageDefault;
  const { reading } = sources;
  const within =
    userId === null
      ? sql<SqlBool>`organization_id = ${organizationId}`
      : sql<SqlBool>`user_stream = ${userStreamOf(sources, userId)} and (organization_id = ${organizationId}) is true`;
  const upTo = before === null ? sql`` : sql`and place < ${before}`;
  const { rows } = await sql<EntryRow>`select * from ${sql.table(reading.tableOf('audit', 'entries'))}
    where ${within} ${upTo} order by place desc limit ${limit + 1}`.execute(reading.db);
  const entries = rows.slice(0, limit).map(entryOf);
  return accepted({ entries, next: rows.length > limit ? (entries.at(-1)?.position ?? null) : null });
}

interface EntryRow {
  readonly place: Position;
  readonly stream: string;
  readonly revision: number;
  readonly time: number;
  readonly type: string;
  readonly editor: string | null;
  readonly call_id: string | null;
  readonly trace_id: string | null;
  readonly session_id: string | null;
  readonly organization_id: OrganizationId | null;
  readonly data: string;
}

const entryOf = (row: EntryRow): AuditEntry => ({
  position: row.place,
  stream: row.stream,
  revision: Number(row.revision),
  time: Number(row.time),
  type: row.type,
  editor: row.editor,
  callId: row.call_id,
  traceId: row.trace_id,
  sessionId: row.session_id,
  organizationId: row.organization_id,
  data: JSON.parse(row.data),
});
