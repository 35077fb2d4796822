import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { keyFilePath, wrappedBytes } from '#key-store-sqlite/key-file.js';
import { KeysForReading } from '#key-store-sqlite/keys-for-reading.js';
import { SqliteKeyStore } from '#key-store-sqlite/sqlite-key-store.js';
import type { KeyStore } from '#secrets/key-store.js';

let directory: string;
let store: KeyStore;
let reading: KeysForReading;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-keys-'));
  store = await SqliteKeyStore.open({ directory });
  reading = new KeysForReading(keyFilePath(directory));
});
afterEach(async () => {
  reading.close();
  await store.close();
  rmSync(directory, { recursive: true });
});

const keyOf = (subject: string, masterKeyId = 'm1') => ({
  subject,
  keyId: `key of ${subject}`,
  masterKeyId,
  wrapped: new Uint8Array(randomBytes(wrappedBytes)),
});

describe('keys that are read in another thread', () => {
  it('are those that are stored, as they are by then', async () => {
    const key = keyOf('user-1');
    expect(reading.get('user-1')).toBeNull();
    await store.add(key);
    expect(reading.get('user-1')).toMatchObject({ keyId: key.keyId, masterKeyId: 'm1' });
    await store.rewrap(key, { ...keyOf('user-1', 'm2'), keyId: key.keyId });
    expect(reading.get('user-1')).toMatchObject({ masterKeyId: 'm2' });
  });

  it('are gone as soon as they are erased, and no reading keeps an erasure waiting', async () => {
    await store.add(keyOf('user-1'));
    await store.add(keyOf('user-2'));
    expect(reading.get('user-1')).not.toBeNull();
    expect(await store.erase('user-1')).toBe(true);
    expect(reading.get('user-1')).toBeNull();
    expect(reading.get('user-2')).not.toBeNull();
  });

  it('are unavailable where there is no file, and there once it is', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'countersign-keys-'));
    const early = new KeysForReading(keyFilePath(elsewhere));
    expect(() => early.get('user-1')).toThrow(expect.objectContaining({ code: 'unavailable' }));
    const later = await SqliteKeyStore.open({ directory: elsewhere });
    await later.add(keyOf('user-1'));
    expect(early.get('user-1')).toMatchObject({ subject: 'user-1' });
    early.close();
    await later.close();
    rmSync(elsewhere, { recursive: true });
  });
});
