// The rows by which servers count together what organizations use, and the statements that move them.

export const making = `
  SELECT pg_advisory_xact_lock(7346021153);
  DO $$ BEGIN IF to_regnamespace('limits') IS NULL THEN CREATE SCHEMA limits; END IF; END $$;
  CREATE TABLE IF NOT EXISTS limits.used (
    organization_id text COLLATE "C" PRIMARY KEY,
    period_start bigint NOT NULL DEFAULT -1,
    turns bigint NOT NULL DEFAULT 0,
    relationships bigint NOT NULL DEFAULT 0,
    epoch bigint NOT NULL DEFAULT -1,
    epoch_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    counted_at timestamptz NOT NULL DEFAULT clock_timestamp()
  );
  CREATE TABLE IF NOT EXISTS limits.under_way (
    organization_id text COLLATE "C" NOT NULL,
    id uuid NOT NULL,
    stream text NOT NULL,
    call_id text NOT NULL,
    time bigint NOT NULL,
    turns integer NOT NULL,
    relationships integer NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (organization_id, id)
  );
`;

export const adding = 'INSERT INTO limits.used (organization_id) VALUES ($1) ON CONFLICT DO NOTHING';

/** $2 a server's patience with an append, $3 how long others may go by what was chosen before. */
export const locking = `
  SELECT period_start, turns, relationships, epoch,
    counted_at < epoch_at + $3 * interval '1 ms' AND clock_timestamp() >= epoch_at + $3 * interval '1 ms' AS unsettled,
    EXISTS (SELECT FROM limits.under_way u WHERE u.organization_id = $1
      AND u.at < clock_timestamp() - $2 * interval '1 ms') AS abandoned
  FROM limits.used WHERE organization_id = $1 FOR UPDATE`;

/** Of those that were noted and not yet counted as what they became. */
export const ending =
  'DELETE FROM limits.under_way WHERE organization_id = $1 AND id = ANY($2::uuid[]) RETURNING id';

export const lookingAt = `
  SELECT id, stream, call_id, time, turns, relationships,
    at < clock_timestamp() - $2 * interval '1 ms' AS abandoned
  FROM limits.under_way WHERE organization_id = $1`;

export const noting = `
  INSERT INTO limits.under_way (organization_id, id, stream, call_id, time, turns, relationships)
  SELECT $1, * FROM unnest($2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::int[], $7::int[])`;

export const keeping = `
  UPDATE limits.used SET period_start = $2, turns = $3, relationships = $4,
    epoch_at = CASE WHEN epoch = $5 THEN epoch_at ELSE clock_timestamp() END, epoch = $5,
    counted_at = CASE WHEN $6 THEN clock_timestamp() ELSE counted_at END
  WHERE organization_id = $1`;

export interface UsedRow {
  readonly period_start: string;
  readonly turns: string;
  readonly relationships: string;
  readonly epoch: string;
  readonly unsettled: boolean;
  readonly abandoned: boolean;
}

export interface NotedRow {
  readonly id: string;
  readonly stream: string;
  readonly call_id: string;
  readonly time: string;
  readonly turns: number;
  readonly relationships: number;
  readonly abandoned: boolean;
}
