// The process that is killed between the event of an erasure and the end of its key, or right after that.

import { by, openHouse, organizationId } from '#application/testing/house.js';
import { realSecrets } from '#application/testing/secrets.js';
import { EraseUser } from '#application/user/erase-user.js';
import type { UserId } from '#domain/ids.js';
import { parseMasterKeys } from '#secrets/master-keys.js';
import { openEngines } from '#test/faults/embedded-house.js';

const [directory = '', keyLine = '', userId = '', when = ''] = process.argv.slice(2);
const engines = await openEngines(directory);
const { log, store } = engines;

function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
}

const dying = {
  add: store.add.bind(store),
  get: store.get.bind(store),
  rewrap: store.rewrap.bind(store),
  notWrappedBy: store.notWrappedBy.bind(store),
  countByMasterKey: store.countByMasterKey.bind(store),
  close: store.close.bind(store),
  erase: async (subject: string) => {
    if (when === 'after the key') await store.erase(subject);
    return die();
  },
};
const secrets = await realSecrets(dying, parseMasterKeys(keyLine));
const house = await openHouse({ log, secrets });
await house.run(new EraseUser({ organizationId, userId: userId as UserId, by }));
// Whoever waits for the kill is to see that there was none.
await house.close();
await engines.close();
