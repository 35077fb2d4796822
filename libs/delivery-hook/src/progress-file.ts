// The progress as a file beside an embedded log, whose directory one process has to itself.

import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

import type { ProgressStore } from '#delivery-hook/progress-store.js';

export class ProgressFile implements ProgressStore {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async begin(text: string): Promise<string> {
    const kept = await this.#text();
    if (kept === null) await this.write(text);
    return kept ?? text;
  }

  async claim(): Promise<string> {
    const text = await this.#text();
    if (text === null) throw new Error(`${this.#path} is gone`);
    return text;
  }

  /** Whoever reads it meanwhile, or after a power loss, sees the old text or the new one, each of them whole. */
  async write(text: string): Promise<void> {
    const beside = `${this.#path}.new`;
    const file = await open(beside, 'w', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, this.#path);
    await syncDirectory(dirname(this.#path));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #text(): Promise<string | null> {
    try {
      return await readFile(this.#path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }
}

/** Until then a power loss may take the new name away: the hook would begin anew at the end of the log. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
