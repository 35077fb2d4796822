// Which builds there are, how far each has come, and what of it is parked.

import type pg from 'pg';

import type { Position } from '#event-log/event-log.js';
import type { Projection, Table } from '#read-models/projection.js';
import {
  type Checkpoint,
  type Fence,
  LeaseLost,
  type ParkedStream,
  type Parking,
  type ReplayNote,
} from '#read-models/store.js';
import { told } from '#read-models/stores/postgres/connections.js';
import { leaseName, schemaName } from '#read-models/stores/postgres/tables.js';

type Asked = Pick<pg.ClientBase, 'query'>;

export interface KnownBuild {
  readonly build: number;
  readonly projection: string;
  readonly version: number;
  readonly isLive: boolean;
  readonly checkpoint: Checkpoint | null;
}

export interface BuildWithTables extends KnownBuild {
  readonly tables: string;
}

export function tablesOf({ tables }: BuildWithTables): Readonly<Record<string, Table>> {
  return JSON.parse(tables) as Readonly<Record<string, Table>>;
}

interface JoinedRow extends Omit<KnownBuild, 'checkpoint'> {
  readonly log: string | null;
  readonly position: Position;
  readonly events: number;
}

const known = 'build, projection, version, is_live AS "isLive", log, position, events';
const joined = `${schemaName}.builds LEFT JOIN ${schemaName}.checkpoints USING (build)`;

/** With each reading, and each look of who waits: not what their tables look like, which is long. */
export const allBuilds = `SELECT ${known} FROM ${joined} ORDER BY build`;

export function knownBuildOf<Joined extends JoinedRow>({ log, position, events, ...build }: Joined) {
  return { ...build, checkpoint: log === null ? null : { log, position, events } };
}

export async function buildsIn(client: Asked): Promise<KnownBuild[]> {
  const { rows } = await told(client.query<JoinedRow>(allBuilds));
  return rows.map(knownBuildOf);
}

type JoinedWithTables = JoinedRow & Pick<BuildWithTables, 'tables'>;

export async function buildIn(client: Asked, build: number): Promise<BuildWithTables | null> {
  const asking = `SELECT ${known}, tables FROM ${joined} WHERE build = $1`;
  const { rows } = await told(client.query<JoinedWithTables>(asking, [build]));
  return rows[0] === undefined ? null : knownBuildOf(rows[0]);
}

export async function liveIn(client: Asked, projection: string): Promise<BuildWithTables | null> {
  const asking = `SELECT ${known}, tables FROM ${joined} WHERE projection = $1 AND is_live`;
  const { rows } = await told(client.query<JoinedWithTables>(asking, [projection]));
  return rows[0] === undefined ? null : knownBuildOf(rows[0]);
}

export async function addBuild(client: Asked, projection: Projection, isLive: boolean): Promise<number> {
  const { name, version, tables } = projection;
  const { rows } = await told(
    client.query<{ build: number }>(
      `INSERT INTO ${schemaName}.builds (projection, version, is_live, tables) VALUES ($1, $2, $3, $4) RETURNING build`,
      [name, version, isLive, JSON.stringify(tables)],
    ),
  );
  return (rows[0] as { build: number }).build;
}

export async function checkpointOf(client: Asked, build: number): Promise<Checkpoint | null> {
  const { rows } = await told(
    client.query<Checkpoint>(`SELECT log, position, events FROM ${schemaName}.checkpoints WHERE build = $1`, [
      build,
    ]),
  );
  return rows[0] ?? null;
}

/** False when what is there is not `from`, or the build is gone; until the end of the transaction nobody else moves it. */
export async function moveCheckpoint(
  client: Asked,
  build: number,
  { from, to }: { readonly from: Checkpoint | null; readonly to: Checkpoint },
): Promise<boolean> {
  const next = [build, to.log, to.position, to.events];
  const { rowCount } = await told(
    from === null
      ? client.query(
          `INSERT INTO ${schemaName}.checkpoints SELECT build, $2, $3, $4 FROM ${schemaName}.builds
            WHERE build = $1 ON CONFLICT DO NOTHING`,
          next,
        )
      : client.query(
          `UPDATE ${schemaName}.checkpoints SET log = $2, position = $3, events = $4
            WHERE build = $1 AND log = $5 AND position = $6 AND events = $7`,
          [...next, from.log, from.position, from.events],
        ),
  );
  return rowCount === 1;
}

/** Throws `LeaseLost` where the number is another's by now. */
export async function assertHeld(client: Asked, { token }: Fence, locking = ''): Promise<void> {
  if (token === undefined) return;
  const asking = `SELECT FROM ${schemaName}.leases WHERE name = $1 AND token = $2 ${locking}`;
  const { rowCount } = await told(client.query(asking, [leaseName, token]));
  if (rowCount !== 1) throw new LeaseLost("the lease is another server's");
}

/** Nobody else gets the lease before the transaction ends; its holder may renew it all the while. */
export function holdLease(client: Asked, fence: Fence): Promise<void> {
  return assertHeld(client, fence, 'FOR KEY SHARE');
}

export async function parkedIn(client: Asked, build: number): Promise<ParkedStream[]> {
  const { rows } = await told(
    client.query<ParkedStream>(
      `SELECT stream, position, error, attempts FROM ${schemaName}.parked WHERE build = $1 ORDER BY position`,
      [build],
    ),
  );
  return rows;
}

export async function park(client: Asked, build: number, { stream, parked }: Parking): Promise<void> {
  if (parked === null) {
    const forgetting = `DELETE FROM ${schemaName}.parked WHERE build = $1 AND stream = $2`;
    await told(client.query(forgetting, [build, stream]));
    return;
  }
  await told(
    client.query(
      `INSERT INTO ${schemaName}.parked VALUES ($1, $2, $3, $4, $5) ON CONFLICT (build, stream)
        DO UPDATE SET position = excluded.position, error = excluded.error, attempts = excluded.attempts`,
      [build, stream, parked.position, parked.error, parked.attempts],
    ),
  );
}

/** Until the end of the transaction nobody moves its checkpoint, or sets its first one. */
export async function holdStill(client: Asked, build: number): Promise<void> {
  for (const table of ['builds', 'checkpoints'])
    await told(client.query(`SELECT FROM ${schemaName}.${table} WHERE build = $1 FOR UPDATE`, [build]));
}

export async function setLive(client: Asked, { projection, build }: KnownBuild): Promise<void> {
  // One after the other: at no moment may two of one projection be live.
  const update = `UPDATE ${schemaName}.builds SET is_live`;
  await told(client.query(`${update} = false WHERE projection = $1 AND is_live`, [projection]));
  await told(client.query(`${update} = true WHERE build = $1`, [build]));
}

export async function forgetBuild(client: Asked, build: number): Promise<void> {
  await told(client.query(`DELETE FROM ${schemaName}.builds WHERE build = $1`, [build]));
}

/** Until the end of the transaction no other build is made live in its place. */
export async function isLive(client: Asked, build: number): Promise<boolean> {
  const asking = `SELECT FROM ${schemaName}.builds WHERE build = $1 AND is_live FOR SHARE`;
  const { rowCount } = await told(client.query(asking, [build]));
  return rowCount === 1;
}

/** The one that is live; who writes to it waits until the end of the transaction. */
export async function holdLive(client: Asked, projection: string): Promise<number | null> {
  const { rows } = await told(
    client.query<{ build: number }>(
      `SELECT build FROM ${schemaName}.builds WHERE projection = $1 AND is_live FOR UPDATE`,
      [projection],
    ),
  );
  return rows[0]?.build ?? null;
}

export async function notesIn(client: Asked): Promise<ReplayNote[]> {
  const asking = `SELECT build, projection, side, phase, details FROM ${schemaName}.replays ORDER BY build`;
  return (await told(client.query<ReplayNote>(asking))).rows;
}

export async function putNote(
  client: Asked,
  { build, projection, side, phase, details }: ReplayNote,
): Promise<void> {
  await told(
    client.query(
      `INSERT INTO ${schemaName}.replays VALUES ($1, $2, $3, $4, $5) ON CONFLICT (build)
        DO UPDATE SET phase = excluded.phase, details = excluded.details`,
      [build, projection, side, phase, details],
    ),
  );
}

export async function pausedIn(client: Asked): Promise<string[]> {
  const asking = `SELECT projection FROM ${schemaName}.paused ORDER BY projection`;
  return (await told(client.query<{ projection: string }>(asking))).rows.map(({ projection }) => projection);
}

export async function putPaused(client: Asked, projection: string, isPaused: boolean): Promise<void> {
  const change = isPaused
    ? `INSERT INTO ${schemaName}.paused VALUES ($1) ON CONFLICT DO NOTHING`
    : `DELETE FROM ${schemaName}.paused WHERE projection = $1`;
  await told(client.query(change, [projection]));
}

/** Of builds that are gone. */
export async function forgetNotes(client: Asked, projection: string): Promise<void> {
  const forgetting = `DELETE FROM ${schemaName}.replays WHERE projection = $1
    AND build NOT IN (SELECT build FROM ${schemaName}.builds)`;
  await told(client.query(forgetting, [projection]));
}
