// The process that is killed while it replaces a master key: after so many keys were wrapped anew, right before
// the next one is, or once it is written and before anybody knows.

import { readFileSync } from 'node:fs';

import { SqliteKeyStore } from '#key-store-sqlite/sqlite-key-store.js';
import type { WrappedKey } from '#secrets/key-store.js';
import { parseMasterKeys } from '#secrets/master-keys.js';
import { rotateMasterKey } from '#secrets/rotate.js';

const [directory = '', keyFile = '', rewraps = '', when = ''] = process.argv.slice(2);
const store = await SqliteKeyStore.open({ directory });
let left = Number(rewraps);

function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
}

const dying = {
  add: store.add.bind(store),
  get: store.get.bind(store),
  erase: store.erase.bind(store),
  notWrappedBy: store.notWrappedBy.bind(store),
  countByMasterKey: store.countByMasterKey.bind(store),
  close: store.close.bind(store),
  rewrap: async (from: WrappedKey, to: WrappedKey) => {
    left -= 1;
    if (left >= 0) return store.rewrap(from, to);
    if (when === 'after') await store.rewrap(from, to);
    return die();
  },
};
await rotateMasterKey({
  store: dying,
  masterKeys: parseMasterKeys(readFileSync(keyFile, 'utf8')),
  pageSize: 50,
});
// Whoever waits for the kill is to see that there was none.
await store.close();
