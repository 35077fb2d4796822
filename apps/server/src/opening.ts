// The application of this process: open before anybody is let in where the log is on this machine, and as soon as
// the log answers where it is elsewhere.

import { setTimeout as delay } from 'node:timers/promises';
import { keysToVerifyBy } from '#application/signing-keys/published-keys.js';
import type { DeliveryHook } from '#delivery-hook/delivery-hook.js';
import type { Queries } from '#read-models/queries/open-queries.js';
import { finishFirstStart } from '#server/first-start.js';
import { openHook } from '#server/hook/open-hook.js';
import {
  type ApplicationOptions,
  type OpenedApplication,
  type OpenKeys,
  openApplication,
  openKeys,
} from '#server/open-application.js';
import { type OperatingHere, operatingOver } from '#server/operating-over.js';
import { ReadModels, type ReadModelsOptions } from '#server/read-models.js';
import { type SharedLimits, sharedLimits } from '#server/shared-limits.js';
import { doUpkeep } from '#server/upkeep.js';
import { usageBesides, usageBy } from '#server/usage-by.js';

export type OpeningOptions = ApplicationOptions & Pick<ReadModelsOptions, 'projected' | 'traces'>;

export interface OpenedService extends OpenedApplication {
  readonly queries: Queries;
  readonly operating: OperatingHere;
  /** Null where no other server counts the same. */
  readonly sharedLimits: SharedLimits | null;
}

/** Between two looks at a log that does not answer. */
const againMs = 250;

export class Opening {
  readonly #options: OpeningOptions;
  readonly #keys: OpenKeys;
  #opened: OpenedService | null = null;
  #readModels: ReadModels | null = null;
  #hook: DeliveryHook | null = null;
  readonly #closing = new AbortController();
  #trying: Promise<OpenedService | null>;
  #upkeep: Promise<void> | null = null;

  private constructor(options: OpeningOptions, keys: OpenKeys) {
    this.#options = options;
    this.#keys = keys;
    this.#trying = this.#tryUntilOpen();
  }

  /** Throws `StartRefusal` where the keys are not those of what is stored. */
  static async begin(options: OpeningOptions): Promise<Opening> {
    return new Opening(options, await openKeys(options));
  }

  /** Null until it is open. */
  get opened(): OpenedService | null {
    return this.#opened;
  }

  /** Whether queries show what there was at the start. */
  get isCaughtUp(): boolean {
    return this.#readModels?.isCaughtUp ?? false;
  }

  /** What proofs are verified by; null until it is open. Rejects where the log was never asked, and does not answer. */
  async publicKeys(): Promise<readonly string[] | null> {
    if (this.#opened === null) return null;
    const keys = await keysToVerifyBy(this.#opened.application);
    return keys.map(({ key }) => key.publicKey);
  }

  /** Rejects where queries cannot be answered just now. */
  async look(): Promise<void> {
    await this.#readModels?.look();
  }

  /** Resolves when it is open; with null when it was closed before. Rejects where no later try would help. */
  get finished(): Promise<OpenedService | null> {
    return this.#trying;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const opened = await this.#trying.catch(() => null);
    await this.#hook?.close();
    await this.#upkeep;
    await opened?.operating.masterKeys.close();
    await opened?.sharedLimits?.close();
    await this.#readModels?.close();
    await (opened === null ? this.#keys.store.close() : opened.close());
  }

  async #tryUntilOpen(): Promise<OpenedService | null> {
    while (!this.#closing.signal.aborted) {
      try {
        return await this.#open();
      } catch (error) {
        if (!isPassing(error)) throw error;
        await delay(againMs);
      }
    }
    return null;
  }

  async #open(): Promise<OpenedService> {
    const { masterKeys } = this.#keys;
    const onErased = (streams: readonly string[]) => {
      for (const stream of streams) this.#opened?.forgetKey(stream);
    };
    const onErasuresMissed = () => this.#opened?.forgetKeys();
    const telling = { onErased, onErasuresMissed };
    const readModels = await ReadModels.open({ ...this.#options, masterKeys, ...telling });
    try {
      return await this.#openOver(readModels);
    } catch (error) {
      await readModels.close();
      throw error;
    }
  }

  async #openOver(readModels: ReadModels): Promise<OpenedService> {
    const { dataDirectory, log } = this.#options;
    const application = await openApplication(
      { ...this.#options, eventLog: readModels.eventLog },
      this.#keys,
    );
    try {
      const begin = (lost: AbortSignal) => finishFirstStart({ ...application, dataDirectory, log, lost });
      await readModels.firstStart(begin, this.#closing.signal);
      // Before anybody is let in: whatever is done from then on is told.
      this.#hook = await this.#openHook(application);
      await readModels.catchUp();
    } catch (error) {
      await this.#hook?.close();
      this.#hook = null;
      await application.end();
      throw error;
    }
    const queries = readModels.queriesOf(application.application);
    const operating = operatingOver(readModels, this.#keys, log);
    const { signal } = this.#closing;
    const shared = sharedLimits({ ...this.#options, count: usageBesides(queries, signal) });
    const { quotas } = application.application;
    quotas.countBy(usageBy(queries, signal), shared?.quotas);
    const opened = { ...application, queries, operating, sharedLimits: shared };
    this.#readModels = readModels;
    this.#opened = opened;
    this.#upkeep = doUpkeep({ opened, dataDirectory, log, until: this.#closing.signal });
    return opened;
  }

  #openHook({ application }: OpenedApplication): Promise<DeliveryHook> | null {
    const { hook, eventLog, ...options } = this.#options;
    return hook == null ? null : openHook({ ...options, settings: hook, application, eventLog });
  }
}

const passing: ReadonlySet<string> = new Set(['EventLogError', 'KeyStoreError', 'ModelStoreError']);

/** What the log, the keys and the rows say alike: the same may succeed soon. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof Error && passing.has(error.name) && 'code' in error)) return false;
  return error.code === 'unavailable' || error.code === 'outcome-unknown';
}
