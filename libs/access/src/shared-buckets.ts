// Token buckets in the PostgreSQL that servers share. Whatever waits for the same bucket goes together in one statement,
// which takes for as many of them as there is enough for: so servers never let through more than one of them alone
// would, and a round trip is not paid by each call. The clock is the database's.

import pg from 'pg';

import type { Limit } from '#access/rate-limits.js';
import { type Buckets, type Taken, TokenBuckets } from '#access/token-buckets.js';

export interface SharedBucketsOptions {
  readonly url: string;
  /** Of this process: what is told of moments is told by it. */
  readonly clock: () => number;
  /** Told where the database does not answer, once until it does again. */
  readonly onTrouble: (text: string) => void;
}

/** Two servers that start together make it once; several statements in one text are one transaction. What is lost with the database's memory is full buckets. */
const making = `
  SELECT pg_advisory_xact_lock(7346021153);
  DO $$ BEGIN IF to_regnamespace('limits') IS NULL THEN CREATE SCHEMA limits; END IF; END $$;
  CREATE UNLOGGED TABLE IF NOT EXISTS limits.buckets (
    key text COLLATE "C" PRIMARY KEY,
    tokens double precision NOT NULL,
    granted integer NOT NULL,
    at timestamptz NOT NULL
  );
`;

/** $1 key, $2 tokens a second, $3 burst, $4 the cost of one call, $5 how many ask. */
const taking = `
  INSERT INTO limits.buckets AS b (key, tokens, granted, at)
  VALUES ($1, $3::float8 - $4::float8 * least($5::int, floor($3::float8 / $4::float8)::int),
    least($5::int, floor($3::float8 / $4::float8)::int), clock_timestamp())
  ON CONFLICT (key) DO UPDATE SET (tokens, granted, at) = (
    SELECT t - $4::float8 * g, g, n FROM (
      SELECT t, n, least($5::int, floor(t / $4::float8)::int) AS g FROM (
        SELECT n, least($3::float8, b.tokens
          + greatest(0, extract(epoch FROM n - b.at)::float8) * $2::float8) AS t
        FROM (SELECT clock_timestamp() AS n) AS clock
      ) AS refilled
    ) AS granting
  )
  RETURNING tokens, granted`;

const givingBack = 'UPDATE limits.buckets SET tokens = least($2::float8, tokens + $3::float8) WHERE key = $1';

/** A bucket that nobody asked for so long is full, whatever its limit: the slowest fills up in ten seconds. */
const forgetting = "DELETE FROM limits.buckets WHERE at < clock_timestamp() - interval '1 hour'";
const forgetEveryMs = 600_000;

const connectionsMax = 4;
const connectTimeoutMs = 1_000;
/** A call waits for it before anything is done: who is not answered within it is limited by this process alone. */
const statementTimeoutMs = 500;

/** Null where the database did not answer in time. */
type Waiting = (taken: Taken | null) => void;

interface Batch {
  readonly key: string;
  readonly cost: number;
  readonly limit: Limit;
  readonly waiting: Waiting[];
}

interface Granted {
  readonly tokens: number;
  readonly granted: number;
}

export class SharedBuckets {
  readonly #options: SharedBucketsOptions;
  readonly #pool: pg.Pool;
  /** By key and cost, those that come while a statement for the same is under way. */
  readonly #next = new Map<string, Batch>();
  readonly #underWay = new Set<string>();
  readonly #forgetting: NodeJS.Timeout;
  #isAway = false;
  #made: Promise<unknown> | null = null;

  constructor(options: SharedBucketsOptions) {
    this.#options = options;
    this.#pool = new pg.Pool({
      connectionString: options.url,
      application_name: 'countersign limits',
      max: connectionsMax,
      connectionTimeoutMillis: connectTimeoutMs,
      statement_timeout: statementTimeoutMs,
      query_timeout: statementTimeoutMs + 250,
      keepAlive: true,
    });
    this.#pool.on('error', (error) => this.#miss(error));
    this.#forgetting = setInterval(() => void this.#do(forgetting, []), forgetEveryMs).unref();
  }

  /** Of one kind of thing that is counted. */
  bucketsOf(kind: string, limit: Limit): Buckets {
    const alone = new TokenBuckets({ limit, clock: this.#options.clock });
    return {
      take: (key, cost, asked) =>
        this.#take(`${kind} ${key}`, cost, asked).then((taken) => taken ?? alone.take(key, cost, asked)),
      giveBack: (key, cost, asked) =>
        void this.#do(givingBack, [`${kind} ${key}`, asked.burst, Math.min(cost, asked.burst)]),
    };
  }

  async close(): Promise<void> {
    clearInterval(this.#forgetting);
    await this.#pool.end();
  }

  #take(key: string, asked: number, limit: Limit): Promise<Taken | null> {
    const cost = Math.min(asked, limit.burst);
    const name = `${cost} ${key}`;
    const batch = this.#next.get(name) ?? { key, cost, limit, waiting: [] };
    this.#next.set(name, batch);
    const taken = new Promise<Taken | null>((resolve) => batch.waiting.push(resolve));
    if (!this.#underWay.has(name)) void this.#send(name);
    return taken;
  }

  /** One statement at a time for the same, until nobody waits for it any more. */
  async #send(name: string): Promise<void> {
    this.#underWay.add(name);
    for (let batch = this.#next.get(name); batch !== undefined; batch = this.#next.get(name)) {
      this.#next.delete(name);
      const { key, cost, limit, waiting } = batch;
      const rows = await this.#do(taking, [key, limit.perSecond, limit.burst, cost, waiting.length]);
      const [row] = rows ?? [];
      const now = this.#options.clock();
      for (const [index, resolve] of waiting.entries())
        resolve(row === undefined ? null : takenBy(index, row as Granted, { cost, limit, now }));
    }
    this.#underWay.delete(name);
  }

  /** Null where it failed: nobody is refused, or let through, because of it. */
  async #do(text: string, values: readonly unknown[]): Promise<readonly unknown[] | null> {
    try {
      this.#made ??= this.#pool.query(making);
      await this.#made;
      const { rows } = await this.#pool.query(text, [...values]);
      this.#isAway = false;
      return rows;
    } catch (error) {
      this.#miss(error as Error);
      return null;
    }
  }

  #miss({ message }: Error): void {
    // Whether it is there has to be found out again.
    this.#made = null;
    if (!this.#isAway) this.#options.onTrouble(`the shared limits cannot be reached: ${message}`);
    this.#isAway = true;
  }
}

/** The first are let through, for as many as there was enough. */
function takenBy(
  index: number,
  { tokens, granted }: Granted,
  { cost, limit, now }: Pick<Batch, 'cost' | 'limit'> & { readonly now: number },
): Taken {
  const { perSecond, burst } = limit;
  const allowed = index < granted;
  const left = allowed ? tokens + cost * (granted - 1 - index) : tokens;
  return {
    allowed,
    remaining: Math.floor(left),
    limitPerSecond: perSecond,
    fullAtMs: now + Math.ceil(((burst - left) * 1_000) / perSecond),
    retryAfterMs: allowed ? 0 : Math.max(1, Math.ceil(((cost - tokens) * 1_000) / perSecond)),
  };
}
