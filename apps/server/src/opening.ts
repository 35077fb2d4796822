// The application of this process: open before anybody is let in where the log is on this machine, and as soon as
// the log answers where it is elsewhere.

import { setTimeout as delay } from 'node:timers/promises';

import { EventLogError } from '#event-log/errors.js';
import { finishFirstStart } from '#server/first-start.js';
import {
  type ApplicationOptions,
  type OpenedApplication,
  type OpenKeys,
  openApplication,
  openKeys,
} from '#server/open-application.js';
import { doUpkeep } from '#server/upkeep.js';

/** Between two looks at a log that does not answer. */
const againMs = 250;

export class Opening {
  readonly #options: ApplicationOptions;
  readonly #keys: OpenKeys;
  #opened: OpenedApplication | null = null;
  #isClosing = false;
  #trying: Promise<OpenedApplication | null>;
  #upkeep: Promise<void> | null = null;

  private constructor(options: ApplicationOptions, keys: OpenKeys) {
    this.#options = options;
    this.#keys = keys;
    this.#trying = this.#tryUntilOpen();
  }

  /** Throws `StartRefusal` where the keys are not those of what is stored. */
  static async begin(options: ApplicationOptions): Promise<Opening> {
    return new Opening(options, await openKeys(options));
  }

  /** Null until it is open. */
  get opened(): OpenedApplication | null {
    return this.#opened;
  }

  /** Resolves when it is open; with null when it was closed before. Rejects where no later try would help. */
  get finished(): Promise<OpenedApplication | null> {
    return this.#trying;
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    const opened = await this.#trying.catch(() => null);
    await this.#upkeep;
    await (opened === null ? this.#keys.store.close() : opened.close());
  }

  async #tryUntilOpen(): Promise<OpenedApplication | null> {
    while (!this.#isClosing) {
      try {
        return await this.#open();
      } catch (error) {
        if (!isPassing(error)) throw error;
        await delay(againMs);
      }
    }
    return null;
  }

  async #open(): Promise<OpenedApplication> {
    const { dataDirectory, log } = this.#options;
    const opened = await openApplication(this.#options, this.#keys);
    try {
      await finishFirstStart({ ...opened, dataDirectory, log });
    } catch (error) {
      await opened.end();
      throw error;
    }
    this.#opened = opened;
    this.#upkeep = doUpkeep({ opened, dataDirectory, log });
    return opened;
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof EventLogError && (error.code === 'unavailable' || error.code === 'outcome-unknown');
}
