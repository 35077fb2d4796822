import { expect, it } from '@jest/globals';

import { SqliteKeyStore } from '#key-store-sqlite/sqlite-key-store.js';
import { sampleKey } from '#secrets/contract/samples.js';
import type { WrappedKey } from '#secrets/key-store.js';
import { lackingForSmallDisk, SmallDisk } from '#test/faults/small-disk.js';

const lacking = lackingForSmallDisk();
const title = 'a full disk refuses keys as unavailable, loses none, and needs no restart when it has space';

const run = async (): Promise<void> => {
  const disk = new SmallDisk(4 * 1_024);
  const troubles: string[] = [];
  const store = await SqliteKeyStore.open({
    directory: `${disk.path}/keys`,
    onTrouble: (text) => troubles.push(text),
  });
  const kept: WrappedKey[] = [];
  const figures = { refused: 0, addedAgain: 0, erased: 0 };
  const add = async (): Promise<string> => {
    const key = sampleKey();
    return await store.add(key).then(
      () => {
        kept.push(key);
        return 'added';
      },
      ({ code }) => String(code),
    );
  };
  try {
    for (let levelKib = 0; levelKib < 80; levelKib += 4) {
      disk.fill(levelKib);
      const whileFull: string[] = [];
      for (let turn = 0; turn < 20; turn += 1) whileFull.push(await add());
      expect(whileFull.every((outcome) => outcome === 'added' || outcome === 'unavailable')).toBe(true);
      figures.refused += whileFull.filter((outcome) => outcome === 'unavailable').length;
      const gone = kept.shift();
      if (gone !== undefined) await store.erase(gone.subject).catch(() => undefined);
      disk.empty();
      expect(await add()).toBe('added');
      figures.addedAgain += 1;
      if (gone !== undefined) {
        await store.erase(gone.subject);
        expect(await store.get(gone.subject)).toBeNull();
        figures.erased += 1;
      }
    }
    const stored = await Promise.all(kept.map(({ subject }) => store.get(subject)));
    expect(stored.map((key) => key?.keyId)).toEqual(kept.map(({ keyId }) => keyId));
    expect(figures.refused).toBeGreaterThan(20);
    expect(figures.erased).toBeGreaterThan(10);
    expect(troubles).toEqual([]);
  } finally {
    await store.close();
    disk.unmount();
  }
};

if (lacking === undefined) it(title, run);
else it.skip(`${title} [gap: ${lacking}]`, run);
