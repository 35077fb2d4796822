// The lease as a row that runs out. Time is the server's alone; that of a holder only tells it when to stop.

import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';

import type { Held, Lease } from '#read-models/lease.js';
import { type ConnectionOptions, openPool, told } from '#read-models/stores/postgres/connections.js';
import { leaseName, schemaName } from '#read-models/stores/postgres/tables.js';

/** Who is killed holds it for so long still; with what follows, another projects within five seconds. */
const termMs = 3_000;
const renewEveryMs = 1_000;
const askEveryMs = 500;
/** A renewal that takes longer than the term would come too late. */
const statementTimeoutMs = 2_000;

export interface LeaseOptions extends Pick<ConnectionOptions, 'url' | 'onTrouble'> {
  /** For operators: which process it is. */
  readonly holder: string;
  /** Of what one process at a time may do; projecting when left out, whose batches are held against the number. */
  readonly name?: string;
}

/** For a database in which a store was opened. */
export class PostgresLease implements Lease {
  readonly #pool: pg.Pool;
  readonly #holder: string;
  readonly #name: string;
  readonly #onTrouble: LeaseOptions['onTrouble'];
  #isTroubled = false;

  constructor({ holder, name = leaseName, ...options }: LeaseOptions) {
    this.#pool = openPool({ ...options, connections: 1, statementTimeoutMs });
    this.#holder = holder;
    this.#name = name;
    this.#onTrouble = options.onTrouble;
  }

  async whileHeld(project: (held: Held) => Promise<void>, until: AbortSignal): Promise<void> {
    for (;;) {
      const taken = await this.#take(until);
      if (taken === null) return;
      const wasLost = await this.#projectUnder(taken, project, until);
      if (!wasLost) return;
    }
  }

  /** Who holds it now, by its own name; null where nobody does. Rejects where the server does not answer. */
  async heldBy(): Promise<string | null> {
    const asking = `SELECT holder FROM ${schemaName}.leases WHERE name = $1 AND until > clock_timestamp()`;
    const { rows } = await told(this.#pool.query<{ holder: string }>(asking, [this.#name]));
    return rows[0]?.holder ?? null;
  }

  /** Ends what is under way; nothing is held when it resolves, or soon after. */
  async close(): Promise<void> {
    await this.#pool.end();
  }

  /** Null when it was not to be had until `until`. */
  async #take(until: AbortSignal): Promise<Term | null> {
    while (!until.aborted) {
      const askedAt = performance.now();
      const token = await this.#ask(
        `INSERT INTO ${schemaName}.leases (name, holder, token, until)
          VALUES ($1, $2, 1, clock_timestamp() + $3 * interval '1 millisecond')
          ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, token = leases.token + 1, until = excluded.until
          WHERE leases.until <= clock_timestamp() RETURNING token`,
        [this.#name, this.#holder, termMs],
      );
      if (token !== null) return { token, endsAt: askedAt + termMs };
      await pause(askEveryMs, undefined, { signal: until }).catch(() => undefined);
    }
    return null;
  }

  async #projectUnder(
    term: Term,
    project: (held: Held) => Promise<void>,
    until: AbortSignal,
  ): Promise<boolean> {
    const [lost, done] = [new AbortController(), new AbortController()];
    const renewing = this.#renew(term, done.signal).then((isLost) => {
      if (isLost) lost.abort(new Error('the lease was lost'));
    });
    try {
      await project({ token: term.token, lost: AbortSignal.any([lost.signal, until]) });
    } finally {
      done.abort();
      await renewing;
      await this.#ask(
        `UPDATE ${schemaName}.leases SET until = clock_timestamp() WHERE name = $1 AND token = $2 RETURNING token`,
        [this.#name, term.token],
      );
    }
    return lost.signal.aborted;
  }

  /** True when it may be another's by now, false when it is no longer needed. */
  async #renew({ token, endsAt }: Term, done: AbortSignal): Promise<boolean> {
    let heldUntil = endsAt;
    while (!done.aborted) {
      const left = heldUntil - performance.now();
      if (left <= 0) return true;
      await pause(Math.min(renewEveryMs, left), undefined, { signal: done }).catch(() => undefined);
      if (done.aborted) return false;
      const askedAt = performance.now();
      const renewal = this.#ask(
        `UPDATE ${schemaName}.leases SET until = clock_timestamp() + $3 * interval '1 millisecond'
          WHERE name = $1 AND token = $2 RETURNING token`,
        [this.#name, token, termMs],
      );
      const late = pause(Math.max(0, heldUntil - askedAt), 'late', { signal: done }).catch(() => 'late');
      const answer = await Promise.race([renewal, late]);
      if (answer === 'late') return !done.aborted;
      if (answer !== null) heldUntil = askedAt + termMs;
      else if (await this.#isAnothers(token)) return true;
    }
    return false;
  }

  /** Where the server does not answer nothing is known, and the term goes on to its end. */
  async #isAnothers(token: number): Promise<boolean> {
    const current = await this.#ask(`SELECT token FROM ${schemaName}.leases WHERE name = $1`, [this.#name]);
    return current !== null && current !== token;
  }

  async #ask(sql: string, values: readonly unknown[]): Promise<number | null> {
    try {
      const { command, rows } = await this.#pool.query<{ token: number }>(sql, [...values]);
      // A role that may not write may look all the same.
      if (command !== 'SELECT') this.#isTroubled = false;
      return rows[0]?.token ?? null;
    } catch (error) {
      // It is asked again before the term ends, or another takes it.
      this.#tell(error as Error);
      return null;
    }
  }

  /** Once each time that it begins. */
  #tell({ message }: Error): void {
    if (this.#isTroubled) return;
    this.#isTroubled = true;
    this.#onTrouble?.(`the lease ${this.#name} cannot be asked for: ${message}`);
  }
}

interface Term {
  readonly token: number;
  /** By this process's clock, not later than by the server's. */
  readonly endsAt: number;
}
