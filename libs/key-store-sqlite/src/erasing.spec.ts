// Erased is erased: no byte of the key is left in any file of the directory.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';

import { keyFilePath } from '#key-store-sqlite/key-file.js';
import { SqliteKeyStore } from '#key-store-sqlite/sqlite-key-store.js';
import { sampleKey } from '#secrets/contract/samples.js';
import { DataKeys } from '#secrets/data-keys.js';
import type { KeyStore, WrappedKey } from '#secrets/key-store.js';
import { newMasterKeyLine, parseMasterKeys } from '#secrets/master-keys.js';
import { rotateMasterKey } from '#secrets/rotate.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-erasing-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Long enough to be found by chance never, short enough to find a piece of a key. */
const pieceBytes = 12;

/** How often a piece from the middle of each stands in any file. */
function timesFound(wanted: readonly Uint8Array[]): number[] {
  const pieces = wanted.map((bytes) => Buffer.from(bytes.subarray(20, 20 + pieceBytes)).toString('latin1'));
  const times = new Map(pieces.map((piece) => [piece, 0]));
  for (const name of readdirSync(directory)) {
    const text = readFileSync(join(directory, name)).toString('latin1');
    for (let offset = 0; offset + pieceBytes <= text.length; offset += 1) {
      const found = times.get(text.slice(offset, offset + pieceBytes));
      if (found !== undefined) times.set(text.slice(offset, offset + pieceBytes), found + 1);
    }
  }
  return pieces.map((piece) => times.get(piece) ?? 0);
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

async function withStore(use: (store: KeyStore) => Promise<void>): Promise<void> {
  const store = await SqliteKeyStore.open({ directory });
  try {
    await use(store);
  } finally {
    await store.close();
  }
}

describe('an erased key', () => {
  it('stands in no file when the call returns, and those of others do', async () => {
    await withStore(async (store) => {
      const keys = Array.from({ length: 40 }, () => sampleKey());
      for (const key of keys) await store.add(key);
      expect(Math.min(...timesFound(keys.map(({ wrapped }) => wrapped)))).toBeGreaterThan(0);
      for (const key of keys.slice(0, 20)) {
        await store.erase(key.subject);
        expect(timesFound([key.wrapped])).toEqual([0]);
      }
      expect(timesFound(keys.slice(20).map(({ wrapped }) => wrapped))).toEqual(new Array(20).fill(1));
    });
  });

  it('is also gone in the wrappings that it had before, and in clear it was never there', async () => {
    const [first, second] = ['m1', 'm2'].map(newMasterKeyLine) as [string, string];
    await withStore(async (store) => {
      const keys = new DataKeys({ store, masterKeys: parseMasterKeys(first) });
      const { key } = await keys.create('user-1');
      const clear = key.export();
      const before = (await store.get('user-1')) as WrappedKey;
      await rotateMasterKey({ store, masterKeys: parseMasterKeys(second + first) });
      const after = (await store.get('user-1')) as WrappedKey;
      expect(sum(timesFound([after.wrapped]))).toBeGreaterThan(0);
      await keys.erase('user-1');
      expect(timesFound([before.wrapped, after.wrapped])).toEqual([0, 0]);
      const files = readdirSync(directory).map((name) => readFileSync(join(directory, name)));
      const forms = [clear, ...(['hex', 'base64', 'base64url'] as const).map((form) => clear.toString(form))];
      expect(files.flatMap((file) => forms.filter((form) => file.includes(form)))).toEqual([]);
    });
  });

  it('leaves no copy where rows were moved: 6,000 keys, added, re-wrapped under longer and shorter names, erased', async () => {
    const [erased, kept]: [Uint8Array[], Uint8Array[]] = [[], []];
    await withStore(async (store) => {
      for (let round = 0; round < 60; round += 1) {
        const keys = Array.from({ length: 100 }, () => sampleKey());
        await Promise.all(keys.map((key) => store.add(key)));
        const changes = keys.map((from, index) => {
          const isChanged = index % 5 === 0;
          const to = { ...from, masterKeyId: 'm'.repeat(1 + (index % 60)), wrapped: sampleKey().wrapped };
          return { from, to: isChanged ? to : from, isChanged };
        });
        await Promise.all(
          changes.filter(({ isChanged }) => isChanged).map(({ from, to }) => store.rewrap(from, to)),
        );
        const gone = changes.filter((_, index) => index % 3 === 0);
        await Promise.all(gone.map(({ from }) => store.erase(from.subject)));
        erased.push(...gone.flatMap(({ from, to }) => [from.wrapped, to.wrapped]));
        kept.push(...changes.filter((_, index) => index % 3 !== 0).map(({ to }) => to.wrapped));
      }
    });
    expect(sum(timesFound(erased))).toBe(0);
    expect(new Set(timesFound(kept))).toEqual(new Set([1]));
  });

  it('is not acknowledged while another process still reads a state in which it was there', async () => {
    await withStore(async (store) => {
      const key = sampleKey();
      await store.add(key);
      const other = new Database(keyFilePath(directory), { readonly: true });
      other.exec('BEGIN');
      other.prepare('SELECT count(*) FROM keys').get();
      await expect(store.erase(key.subject)).rejects.toMatchObject({ code: 'unavailable' });
      expect(sum(timesFound([key.wrapped]))).toBeGreaterThan(0);
      other.exec('COMMIT');
      other.close();
      // It was erased by the first call; the second one sees to it that nothing is left.
      expect(await store.erase(key.subject)).toBe(false);
      expect(timesFound([key.wrapped])).toEqual([0]);
    });
  }, 30_000);

  it('is not found after the process was killed, at once or later', async () => {
    for (const killAfter of [1, 7, 40, 90]) {
      const { erased, kept } = await killedAfter(killAfter);
      expect(erased.length).toBeGreaterThanOrEqual(killAfter);
      expect(sum(timesFound(erased))).toBe(0);
      expect(Math.min(...timesFound(kept))).toBeGreaterThan(0);
      await withStore(async () => undefined);
      expect(sum(timesFound(erased))).toBe(0);
      expect(new Set(timesFound(kept))).toEqual(new Set([1]));
    }
  }, 60_000);
});

/** What it had acknowledged when it was killed. */
async function killedAfter(erasures: number): Promise<{ erased: Uint8Array[]; kept: Uint8Array[] }> {
  const script = join(import.meta.dirname, 'testing', 'erasing-process.ts');
  const args = ['--conditions=development', '--no-warnings', script, directory];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const told = { erased: [] as Uint8Array[], kept: [] as Uint8Array[] };
  const closed = once(child, 'close');
  for await (const line of createInterface({ input: child.stdout })) {
    const [kind, bytes = ''] = line.split(' ');
    if (bytes.length === 122) told[kind as 'erased' | 'kept'].push(Buffer.from(bytes, 'hex'));
    if (told.erased.length >= erasures && told.kept.length > 0) child.kill('SIGKILL');
  }
  await closed;
  return told;
}
