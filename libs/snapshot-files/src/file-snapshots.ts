// Snapshots as files, one a stream. They are a cache: nothing is flushed, and what does not prove itself
// is not there.

import { hash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';

import type { SnapshotStore, StoredSnapshot } from '#application/snapshots.js';

const checksumBytes = 32;

export class FileSnapshots implements SnapshotStore {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async open(directory: string): Promise<FileSnapshots> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return new FileSnapshots(directory);
  }

  async get(stream: string): Promise<StoredSnapshot | null> {
    const bytes = await readFile(this.#path(stream)).catch(missing);
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
    const path = this.#path(stream);
    const unfinished = `${path}.${randomUUID()}`;
    try {
      await writeFile(unfinished, Buffer.concat([checksum(stream, body), body]), { mode: 0o600 });
      await rename(unfinished, path);
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
  }

  #path(stream: string): string {
    return join(this.#directory, hash('sha256', stream, 'hex'));
  }
}

/** Of the stream's name as well: a file under another name is another stream's. */
function checksum(stream: string, body: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([Buffer.from(`${stream}\n`), body]), 'buffer');
}

function missing(error: { code?: unknown }): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
