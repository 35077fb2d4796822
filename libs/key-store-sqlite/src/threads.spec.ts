// The thread of the key store may be slow, or die: every call is answered, and what was acknowledged stays.

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';

import { keyFilePath } from '#key-store-sqlite/key-file.js';
import { SqliteKeyStore } from '#key-store-sqlite/sqlite-key-store.js';
import { sampleKey } from '#secrets/contract/samples.js';
import type { KeyStore, WrappedKey } from '#secrets/key-store.js';

let directory: string;
let store: KeyStore;
let troubles: string[];
let threads: Worker[];
const noteThread = (message: unknown): void => {
  threads.push((message as { worker: Worker }).worker);
};

async function openWith(timeoutMs: number): Promise<void> {
  store = await SqliteKeyStore.open({ directory, timeoutMs, onTrouble: (text) => troubles.push(text) });
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-key-thread-'));
  [troubles, threads] = [[], []];
  subscribe('worker_threads', noteThread);
});
afterEach(async () => {
  unsubscribe('worker_threads', noteThread);
  await store.close();
  rmSync(directory, { recursive: true });
});

const isUnavailable = (reason: RegExp) => ({
  name: 'KeyStoreError',
  code: 'unavailable',
  message: expect.stringMatching(reason),
});

async function untilAdded(key: WrappedKey): Promise<boolean> {
  for (;;) {
    const added = await store.add(key).catch(() => null);
    if (added !== null) return added;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Of the slots: the page that the newest wrapped keys stand in. */
function overwriteLastLeaf(path: string): void {
  const database = new Database(path, { readonly: true });
  const newest = database.prepare('SELECT wrapped FROM slots ORDER BY slot DESC').pluck().get() as Buffer;
  database.close();
  const bytes = readFileSync(path);
  const page = Math.floor(bytes.indexOf(newest) / 4_096);
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(16, 0xa5), 0, 16, page * 4_096);
  closeSync(file);
}

/** Another connection holds the right to write. */
async function whileItWaits(use: () => Promise<void>): Promise<void> {
  const other = new Database(keyFilePath(directory));
  other.exec('BEGIN IMMEDIATE');
  try {
    await use();
  } finally {
    other.exec('ROLLBACK');
    other.close();
  }
}

describe('the thread of the key store', () => {
  it('commits together what waits together', async () => {
    await openWith(10_000);
    const wal = `${keyFilePath(directory)}-wal`;
    const bytesFor = async (count: number): Promise<number> => {
      await store.erase('nobody');
      await Promise.all(Array.from({ length: count }, () => store.add(sampleKey())));
      return statSync(wal).size;
    };
    const one = await bytesFor(1);
    // As many commits would write as many times the pages of one.
    expect(await bytesFor(64)).toBeLessThan(one * 10);
  });

  it('answers overdue calls as unavailable, and the same call again finds out', async () => {
    await openWith(300);
    const key = sampleKey();
    await whileItWaits(() =>
      expect(store.add(key)).rejects.toMatchObject(isUnavailable(/it took too long$/)),
    );
    await untilAdded(key);
    expect(await store.get(key.subject)).toMatchObject({ keyId: key.keyId });
  });

  it('refuses a write that another process holds up for too long, and goes on', async () => {
    await openWith(20_000);
    const key = sampleKey();
    await whileItWaits(() =>
      expect(store.add(key)).rejects.toMatchObject(isUnavailable(/another process is writing it$/)),
    );
    expect(await store.add(key)).toBe(true);
    expect(troubles).toEqual([]);
  });

  it('may die: calls under way are unavailable, and the next ones start another', async () => {
    await openWith(10_000);
    const kept = sampleKey();
    await store.add(kept);
    const underWay = Array.from({ length: 300 }, () => sampleKey());
    const outcomes = Promise.allSettled(underWay.map((key) => store.add(key)));
    await new Promise(setImmediate);
    await threads.at(-1)?.terminate();
    const refused = (await outcomes).filter(({ status }) => status === 'rejected');
    await expect(store.get(kept.subject)).rejects.toMatchObject(
      isUnavailable(/its thread is being started$/),
    );
    expect(troubles).toEqual(['the thread of the key store ended: its thread ended']);
    for (const [index, { status }] of (await outcomes).entries()) {
      const key = underWay[index] as WrappedKey;
      if (status === 'rejected') await untilAdded(key);
      expect(await store.get(key.subject).catch(() => untilAdded(key))).not.toBeNull();
    }
    expect(refused.length).toBeGreaterThan(0);
    expect(await store.get(kept.subject)).toMatchObject({ keyId: kept.keyId });
    expect(await store.countByMasterKey()).toEqual(new Map([['m1', 301]]));
    expect(threads).toHaveLength(2);
  });

  it('that finds a damaged file when it is started again says so, and does not try without a pause', async () => {
    await openWith(10_000);
    const other = new Database(keyFilePath(directory));
    other.exec('CREATE TABLE letters (text TEXT)');
    other.close();
    await threads.at(-1)?.terminate();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await expect(store.get('user-1')).rejects.toMatchObject({ name: 'KeyStoreError', code: 'damaged' });
    await expect(store.get('user-1')).rejects.toMatchObject({ code: 'damaged' });
    expect(threads).toHaveLength(2);
  });

  it('finds damage that comes while it runs, tells of it by whom it concerns, and serves the others', async () => {
    await openWith(10_000);
    const keys = Array.from({ length: 300 }, () => sampleKey());
    await Promise.all(keys.map((key) => store.add(key)));
    await store.close();
    await openWith(10_000);
    overwriteLastLeaf(keyFilePath(directory));
    const added = sampleKey();
    const [adding, ...reading] = await Promise.allSettled([
      store.add(added),
      ...keys.map((key) => store.get(key.subject)),
    ]);
    const codes = reading.map((one) => (one.status === 'rejected' ? one.reason.code : 'answered'));
    expect(new Set(codes)).toEqual(new Set(['answered', 'damaged']));
    expect(codes.filter((code) => code === 'damaged').length).toBeLessThan(100);
    // The damaged page is the one that a new slot would stand in.
    expect(adding).toMatchObject({ status: 'rejected', reason: { name: 'KeyStoreError', code: 'damaged' } });
    const known = keys[codes.indexOf('answered')] as WrappedKey;
    expect(await store.erase(known.subject)).toBe(true);
    expect(await store.get(known.subject)).toBeNull();
    expect(troubles).toEqual([]);
  });

  it('takes no more calls than a disk that keeps up would have answered', async () => {
    await openWith(500);
    await whileItWaits(async () => {
      const calls = Array.from({ length: 20_001 }, () =>
        store.add(sampleKey()).catch(({ message }) => message),
      );
      const messages = new Set(await Promise.all(calls));
      expect(messages).toContain('the key store is unavailable: too many calls are waiting');
      expect(messages).toContain('the key store is unavailable: it took too long');
    });
  });

  it('takes only wrapped keys that fit their slot', async () => {
    await openWith(1_000);
    await expect(store.add(sampleKey({ wrapped: Buffer.alloc(60) }))).rejects.toThrow(TypeError);
    const key = sampleKey();
    await store.add(key);
    await expect(store.rewrap(key, { ...key, wrapped: Buffer.alloc(62) })).rejects.toThrow(TypeError);
  });
});
