// Rows that several servers show and one at a time makes: whoever has the lease runs the runners, and all others look
// on. A server is told which users were erased by any of them.

import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

import { type Held, type Lease, writingUnder } from '#read-models/lease.js';
import type { RunnerStatus } from '#read-models/runner.js';
import { ModelStoreError } from '#read-models/store.js';
import { followErasures } from '#server/erasures-anywhere.js';
import { LiveRunners, type LiveRunnersOptions } from '#server/live-runners.js';
import { ProjectingAway } from '#server/order-errors.js';
import type { ProjectingParts } from '#server/projecting-parts.js';
import { isReplayLeft } from '#server/standing-replays.js';
import { StandingRows } from '#server/standing-rows.js';

export interface InTurnOptions {
  readonly parts: ProjectingParts;
  readonly lease: Lease;
  readonly onMoved: LiveRunnersOptions['onMoved'];
  readonly onTrouble: (text: string, projection: string | null) => void;
  readonly onProjected?: LiveRunnersOptions['onProjected'] & {};
  /** The token while the lease is held, null from its end on. It is given up once what writes by it has ended, too. */
  readonly onHeld: (token: number | null) => Promise<void>;
  /** While it is held: there is a replay to go on with. */
  readonly onReplayLeft: () => void;
  readonly onErasuresMissed: () => void;
  readonly onErased: (streams: readonly string[]) => void;
}

/** After an end that was no loss: sooner would only fail again. */
const startAgainMs = 200;

export class ProjectingInTurn {
  readonly #options: InTurnOptions;
  readonly #ending = new AbortController();
  readonly #elsewhere: StandingRows;
  readonly #running: Promise<unknown>;
  #runners: LiveRunners | null = null;
  #overtaken: string | null = null;

  constructor(options: InTurnOptions) {
    this.#options = options;
    this.#elsewhere = new StandingRows(options.parts);
    this.#running = Promise.all([this.#takeTurns(), this.#followErasures()]);
  }

  status(): Promise<readonly RunnerStatus[]> {
    return this.#runners === null ? this.#elsewhere.status() : this.#runners.status();
  }

  /** Throws where another server makes the rows, or none does just now. */
  get runners(): LiveRunners {
    if (this.#runners === null)
      throw new ProjectingAway('another server makes the rows, and takes this order');
    return this.#runners;
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }

  async #takeTurns(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      if ((await this.#overtaking()) === null)
        await this.#options.lease.whileHeld((held) => this.#project(held), signal);
      await delay(startAgainMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** What a later release made live is that one's to make: the lease is left to it. Told once each time it begins. */
  async #overtaking(): Promise<string | null> {
    const { store, projections } = this.#options.parts;
    const builds = await store.builds().catch((error: unknown) => {
      // Then there is no lease to be had either, and that is told.
      if (error instanceof ModelStoreError) return [];
      throw error;
    });
    const later = builds.find((one) =>
      projections.some(({ name, version }) => one.isLive && one.projection === name && one.version > version),
    );
    const text =
      later === undefined
        ? null
        : `${later.projection} is live in version ${later.version}, of a later release, which makes all rows`;
    if (text !== null && text !== this.#overtaken) this.#options.onTrouble(text, null);
    this.#overtaken = text;
    return text;
  }

  /** Until the lease may be another's, or the rows were moved by another. */
  async #project({ token, lost }: Held): Promise<void> {
    const { parts, onMoved, onTrouble, onHeld, onReplayLeft, onProjected } = this.#options;
    const fenced = new AbortController();
    if ((await this.#overtaking()) !== null) return;
    try {
      const store = writingUnder(token, parts.store);
      const onFenced = () => fenced.abort();
      const telling = { onMoved, onTrouble, onFenced, ...(onProjected && { onProjected }) };
      this.#runners = await LiveRunners.start({ ...parts, store, ...telling });
      void onHeld(token);
      if (await isReplayLeft(parts)) onReplayLeft();
      await aborted(AbortSignal.any([lost, fenced.signal]));
    } catch (error) {
      if (!(error instanceof ModelStoreError)) throw error;
      onTrouble(error.message, null);
    } finally {
      const othersEnded = onHeld(null);
      const runners = this.#runners;
      this.#runners = null;
      await runners?.close();
      // Of what another server projects from now on nothing is told here.
      parts.keys.forgetAll();
      await othersEnded;
    }
  }

  #followErasures(): Promise<void> {
    const { parts, onErased, onErasuresMissed, onTrouble } = this.#options;
    return followErasures({
      log: parts.log,
      until: this.#ending.signal,
      onBegun: onErasuresMissed,
      onErased,
      onTrouble: (text) => onTrouble(text, null),
    });
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
