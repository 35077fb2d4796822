// What each master key wraps while the service runs, and the change to the one that seals.

import type { KeyStore } from '#secrets/key-store.js';
import type { MasterKeys } from '#secrets/master-keys.js';
import { rotateMasterKey } from '#secrets/rotate.js';
import { describeError } from '#server/describe-error.js';
import type { Log } from '#server/log.js';
import { readMasterKeys } from '#server/master-key-file.js';
import { StartRefusal } from '#server/start-refusal.js';
import type { MasterKeysAtWork as AtWork, MasterKeysStatus } from '#transport/operating.js';

export interface MasterKeysAtWorkOptions {
  readonly store: KeyStore;
  readonly masterKeys: MasterKeys;
  /** Of their file. */
  readonly path: string;
  readonly log: Log;
}

export class MasterKeysAtWork implements AtWork {
  readonly #options: MasterKeysAtWorkOptions;
  #rotation: MasterKeysStatus['rotation'] = { running: false, beganAt: null, endedAt: null, lastError: null };

  readonly #ending = new AbortController();
  #rotating: Promise<void> = Promise.resolve();

  constructor(options: MasterKeysAtWorkOptions) {
    this.#options = options;
  }

  async status(): Promise<MasterKeysStatus> {
    const { store, masterKeys } = this.#options;
    const counts = await store.countByMasterKey();
    const ids = new Set([...masterKeys.byId.keys(), ...counts.keys()]);
    const keys = [...ids].map((id) => ({
      id,
      wraps: counts.get(id) ?? 0,
      seals: masterKeys.sealing.id === id,
      loaded: masterKeys.byId.has(id),
    }));
    return { keys, rotation: this.#rotation };
  }

  /** Threads have the keys that the process began with: what another one wrapped they could not open. */
  async sealing(): Promise<string | null> {
    const { masterKeys, path } = this.#options;
    const { id } = masterKeys.sealing;
    try {
      return readMasterKeys(path).sealing.id === id ? id : null;
    } catch (error) {
      if (error instanceof StartRefusal) return null;
      throw error;
    }
  }

  rotate(): void {
    if (!this.#rotation.running && !this.#ending.signal.aborted) this.#rotating = this.#rotate();
  }

  /** Before the keys are closed. What is left to wrap is wrapped by the next start. */
  async close(): Promise<void> {
    this.#ending.abort();
    await this.#rotating;
  }

  async #rotate(): Promise<void> {
    const { store, masterKeys, log } = this.#options;
    const begun = { running: true, beganAt: Date.now(), endedAt: null, lastError: null };
    this.#rotation = begun;
    try {
      const { rewrapped } = await rotateMasterKey({ store, masterKeys, until: this.#ending.signal });
      this.#rotation = { ...begun, running: false, endedAt: Date.now() };
      if (this.#ending.signal.aborted) return;
      log.info(
        { rewrapped, masterKey: masterKeys.sealing.id },
        'data keys are wrapped by the master key that seals',
      );
    } catch (error) {
      const described = describeError(error);
      const lastError = described.message ?? described.name;
      this.#rotation = { ...begun, running: false, endedAt: Date.now(), lastError };
      log.error({ error: described }, 'data keys were not all wrapped by the master key that seals');
    }
  }
}
