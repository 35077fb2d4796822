// What organizations use, where several servers append to one log: a row for each organization in the PostgreSQL that they
// share, and beside it a row for each append that is under way. What somebody asks for is added to the first and noted in the
// second before it is appended, so that no more is let through than there is, and no server waits for another's append.
// The log stays what counts: the rows are counted anew from it whenever they may not be what it says.

import pg from 'pg';

import {
  adding,
  ending,
  keeping,
  locking,
  lookingAt,
  making,
  type NotedRow,
  noting,
  type UsedRow,
} from '#access/shared-quota-rows.js';
import type { OrganizationId } from '#domain/ids.js';
import {
  type Ceilings,
  exceeded,
  type Period,
  periodAt,
  type Quota,
  type Usage,
} from '#domain/quota/usage.js';

/** By what an append is found in the log: its events bear all of it. */
export interface AppendKey {
  readonly stream: string;
  readonly callId: string;
  readonly time: number;
}

export interface SharedAsked extends AppendKey {
  readonly organizationId: OrganizationId;
  readonly ceilings: Ceilings;
  readonly more: Usage;
  readonly period: Period;
  /** Grows with every change of what the organization, and the instance, chose. */
  readonly epoch: number;
}

export interface Reserved {
  readonly kind: 'reserved';
  /** With it. */
  readonly usage: Usage;
  settle(outcome: 'written' | 'lost' | 'unknown'): void;
}

export interface Short {
  readonly kind: 'short';
  readonly quota: Quota;
  readonly usage: Usage;
}

/** What the log says: what was used, and which of these appends are in it; of one moment. */
export type CountInLog = (
  organizationId: OrganizationId,
  period: Period,
  keys: readonly AppendKey[],
) => Promise<{ readonly usage: Usage; readonly inLog: readonly boolean[] }>;

export interface SharedQuotasOptions {
  readonly url: string;
  readonly count: CountInLog;
  readonly onTrouble: (text: string) => void;
  /** Left out but by specs. */
  readonly abandonedAfterMs?: number;
  readonly settlingMs?: number;
}

const connectionsMax = 8;
const connectTimeoutMs = 5_000;
/** Beyond the default deadline of a call nobody would wait for it. */
const lockTimeoutMs = 10_000;
/** Longer than any server tries an append: one that is not in the log by then never will be. */
const abandonedAfterDefaultMs = 120_000;
/** Longer than any server goes by settings that are old. */
const settlingDefaultMs = 10_000;

interface Asker {
  readonly asked: SharedAsked;
  readonly resolve: (answer: Reserved | Short) => void;
  readonly reject: (error: Error) => void;
}

interface Ended {
  readonly id: string;
  readonly outcome: 'written' | 'lost';
  readonly more: Usage;
  /** In which its turn is. */
  readonly time: number;
}

/** Of one organization, those that came while a transaction for it was under way. */
interface Batch {
  asking: Asker[];
  ended: Ended[];
}

export class SharedQuotas {
  readonly #options: SharedQuotasOptions;
  readonly #pool: pg.Pool;
  readonly #next = new Map<OrganizationId, Batch>();
  readonly #underWay = new Set<OrganizationId>();
  /** Those that this process has counted since its start: what was done before it may not stand in the rows. */
  readonly #counted = new Set<OrganizationId>();
  #made: Promise<unknown> | null = null;

  constructor(options: SharedQuotasOptions) {
    this.#options = options;
    this.#pool = new pg.Pool({
      connectionString: options.url,
      application_name: 'countersign quotas',
      max: connectionsMax,
      connectionTimeoutMillis: connectTimeoutMs,
      lock_timeout: lockTimeoutMs,
      query_timeout: lockTimeoutMs + 2_000,
      keepAlive: true,
    });
    this.#pool.on('error', (error) => options.onTrouble(`a connection for quotas broke: ${error.message}`));
  }

  /** Rejects where the database, or the log, does not answer. */
  reserve(asked: SharedAsked): Promise<Reserved | Short> {
    return new Promise((resolve, reject) => {
      this.#batchOf(asked.organizationId).asking.push({ asked, resolve, reject });
      this.#begin(asked.organizationId);
    });
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  #batchOf(organizationId: OrganizationId): Batch {
    const batch = this.#next.get(organizationId) ?? { asking: [], ended: [] };
    this.#next.set(organizationId, batch);
    return batch;
  }

  #begin(organizationId: OrganizationId): void {
    if (!this.#underWay.has(organizationId)) void this.#send(organizationId);
  }

  /** One transaction at a time, until nobody waits for it any more. */
  async #send(organizationId: OrganizationId): Promise<void> {
    this.#underWay.add(organizationId);
    for (
      let batch = this.#next.get(organizationId);
      batch !== undefined;
      batch = this.#next.get(organizationId)
    ) {
      this.#next.delete(organizationId);
      await this.#do(organizationId, batch);
    }
    this.#underWay.delete(organizationId);
  }

  async #do(organizationId: OrganizationId, { asking, ended }: Batch): Promise<void> {
    try {
      const answers = await this.#inTransaction((client) =>
        this.#take(client, organizationId, { asking, ended }),
      );
      for (const [index, { resolve }] of asking.entries()) resolve(answers[index] as Reserved | Short);
    } catch (error) {
      // Those that ended stay noted, and are looked for in the log once they are old.
      for (const { reject } of asking) reject(error as Error);
      if (asking.length === 0)
        this.#options.onTrouble(`what a quota was used for is not noted: ${(error as Error).message}`);
    }
  }

  async #inTransaction<Value>(work: (client: pg.PoolClient) => Promise<Value>): Promise<Value> {
    this.#made ??= this.#pool.query(making).catch((error: unknown) => {
      this.#made = null;
      throw error;
    });
    await this.#made;
    const client = await this.#pool.connect();
    // A connection that ends while it is lent must not end the process: the statement that comes next says it.
    const ignore = () => undefined;
    client.on('error', ignore);
    let failed = true;
    try {
      await client.query('BEGIN');
      const value = await work(client);
      await client.query('COMMIT');
      failed = false;
      return value;
    } finally {
      client.off('error', ignore);
      // With the connection the transaction goes, too.
      client.release(failed);
    }
  }

  async #take(
    client: pg.PoolClient,
    organizationId: OrganizationId,
    { asking, ended }: Batch,
  ): Promise<readonly (Reserved | Short)[]> {
    await client.query(adding, [organizationId]);
    const { abandonedAfterMs = abandonedAfterDefaultMs, settlingMs = settlingDefaultMs } = this.#options;
    const locked = await client.query<UsedRow>(locking, [organizationId, abandonedAfterMs, settlingMs]);
    const [row] = locked.rows;
    if (row === undefined) throw new Error('the row of an organization is not there');
    const known = { turns: Number(row.turns), relationships: Number(row.relationships) };
    let usage = await this.#settled(client, organizationId, {
      known,
      ended,
      periodStart: Number(row.period_start),
    });
    const period = asking.at(-1)?.asked.period ?? null;
    const epoch = Math.max(Number(row.epoch), ...asking.map(({ asked }) => asked.epoch));
    const isStale =
      row.unsettled || row.abandoned || epoch > Number(row.epoch) || !this.#counted.has(organizationId);
    const isAnew = period !== null && (isStale || period.start !== Number(row.period_start));
    if (isAnew) usage = await this.#countAnew(client, organizationId, period);
    const granted = grant(asking, usage);
    const ids = await note(client, organizationId, granted.taken);
    const { usage: after } = granted;
    const start = period?.start ?? Number(row.period_start);
    await client.query(keeping, [organizationId, start, after.turns, after.relationships, epoch, isAnew]);
    if (isAnew) this.#counted.add(organizationId);
    let next = 0;
    return granted.answers.map((answer, index): Reserved | Short => {
      if (answer.kind === 'short') return answer;
      const { asked } = asking[index] as Asker;
      const id = ids[next] as string;
      next += 1;
      return { ...answer, settle: (outcome) => this.#end(asked, id, outcome) };
    });
  }

  /** What nobody knows the end of stays noted: the log says it later. */
  #end(
    { organizationId, more, time }: SharedAsked,
    id: string,
    outcome: 'written' | 'lost' | 'unknown',
  ): void {
    if (outcome === 'unknown') return;
    this.#batchOf(organizationId).ended.push({ id, outcome, more, time });
    this.#begin(organizationId);
  }

  /** What is not noted any more was counted from the log as what it became. */
  async #settled(
    client: pg.PoolClient,
    organizationId: OrganizationId,
    {
      known,
      ended,
      periodStart,
    }: { readonly known: Usage; readonly ended: readonly Ended[]; readonly periodStart: number },
  ): Promise<Usage> {
    if (ended.length === 0) return known;
    const { rows } = await client.query<{ id: string }>(ending, [organizationId, ended.map(({ id }) => id)]);
    const noted = new Set(rows.map(({ id }) => id));
    return ended
      .filter(({ id }) => noted.has(id))
      .reduce((usage, { outcome, more, time }) => {
        const { turns, relationships } = more;
        if (outcome === 'written')
          return plus(usage, { turns: 0, relationships: Math.min(0, relationships) });
        const back = {
          turns: isIn(periodAt(periodStart), time) ? -turns : 0,
          relationships: -Math.max(0, relationships),
        };
        return plus(usage, back);
      }, known);
  }

  /** Nobody else reserves or settles meanwhile; who is under way is counted by the log where it is there, else by what is noted. */
  async #countAnew(client: pg.PoolClient, organizationId: OrganizationId, period: Period): Promise<Usage> {
    const { count, abandonedAfterMs = abandonedAfterDefaultMs } = this.#options;
    const { rows } = await client.query<NotedRow>(lookingAt, [organizationId, abandonedAfterMs]);
    const keys = rows.map(({ stream, call_id: callId, time }) => ({ stream, callId, time: Number(time) }));
    const { usage, inLog } = await count(organizationId, period, keys);
    const over = rows.filter(({ abandoned }, index) => inLog[index] === true || abandoned);
    if (over.length > 0) await client.query(ending, [organizationId, over.map(({ id }) => id)]);
    return rows
      .filter((row) => !over.includes(row))
      .reduce(
        (sum, { turns, relationships, time }) =>
          plus(sum, {
            turns: isIn(period, Number(time)) ? turns : 0,
            relationships: Math.max(0, relationships),
          }),
        usage,
      );
  }
}

const isIn = ({ start, end }: Period, time: number): boolean => time >= start && time < end;

const plus = (one: Usage, other: Usage): Usage => ({
  turns: one.turns + other.turns,
  relationships: one.relationships + other.relationships,
});

interface Granted {
  readonly usage: Usage;
  readonly taken: readonly SharedAsked[];
  readonly answers: readonly (Omit<Reserved, 'settle'> | Short)[];
}

/** In the order in which they came. */
function grant(asking: readonly Asker[], before: Usage): Granted {
  let usage = before;
  const taken: SharedAsked[] = [];
  const answers = asking.map(({ asked }): Granted['answers'][number] => {
    const quota = exceeded(usage, asked.more, asked.ceilings);
    if (quota !== null) return { kind: 'short', quota, usage };
    const { turns, relationships } = asked.more;
    usage = plus(usage, { turns, relationships: Math.max(0, relationships) });
    taken.push(asked);
    return { kind: 'reserved', usage };
  });
  return { usage, taken, answers };
}

async function note(
  client: pg.PoolClient,
  organizationId: OrganizationId,
  taken: readonly SharedAsked[],
): Promise<readonly string[]> {
  if (taken.length === 0) return [];
  const ids = taken.map(() => crypto.randomUUID());
  await client.query(noting, [
    organizationId,
    ids,
    taken.map(({ stream }) => stream),
    taken.map(({ callId }) => callId),
    taken.map(({ time }) => time),
    taken.map(({ more }) => more.turns),
    taken.map(({ more }) => more.relationships),
  ]);
  return ids;
}
