// Snapshots as files, one a stream. They are a cache: nothing is flushed, and what does not prove itself
// is not there.

import { hash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';

import type { SnapshotStore, StoredSnapshot } from '#application/snapshots.js';

const checksumBytes = 32;

export class FileSnapshots implements SnapshotStore {
  readonly #directory: string;
  /** The files that there are: few streams are long, and the others need not ask the disk. */
  readonly #names: Set<string>;

  private constructor(directory: string, names: readonly string[]) {
    this.#directory = directory;
    this.#names = new Set(names);
  }

  /** One process at a time has the directory. */
  static async open(directory: string): Promise<FileSnapshots> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const names = await readdir(directory);
    const unfinished = names.filter((name) => name.includes('.'));
    await Promise.all(unfinished.map((name) => rm(join(directory, name), { force: true })));
    return new FileSnapshots(directory, names);
  }

  async get(stream: string): Promise<StoredSnapshot | null> {
    const name = nameOf(stream);
    if (!this.#names.has(name)) return null;
    const bytes = await readFile(join(this.#directory, name)).catch(missing);
    if (bytes === null) return null;
    const body = bytes.subarray(checksumBytes);
    if (!checksum(stream, body).equals(bytes.subarray(0, checksumBytes))) return null;
    try {
      return deserialize(body) as StoredSnapshot;
    } catch {
      // Whole, but written by a Node whose format this one does not know.
      return null;
    }
  }

  async put(stream: string, snapshot: StoredSnapshot): Promise<void> {
    const body = serialize(snapshot);
    const name = nameOf(stream);
    const path = join(this.#directory, name);
    const unfinished = `${path}.${randomUUID()}`;
    try {
      await writeFile(unfinished, Buffer.concat([checksum(stream, body), body]), { mode: 0o600 });
      await rename(unfinished, path);
      this.#names.add(name);
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
  }
}

const nameOf = (stream: string): string => hash('sha256', stream, 'hex');

/** Of the stream's name as well: a file under another name is another stream's. */
function checksum(stream: string, body: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([Buffer.from(`${stream}\n`), body]), 'buffer');
}

function missing(error: { code?: unknown }): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
