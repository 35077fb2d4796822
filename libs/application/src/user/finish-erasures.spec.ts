import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { answerOf } from '#application/testing/attempt.js';
import { Blown, type Fuse, failingStore, never } from '#application/testing/failing.js';
import { by, type House, organizationId } from '#application/testing/house.js';
import { ada, bob, human, openInhabited } from '#application/testing/people.js';
import { realSecrets } from '#application/testing/secrets.js';
import { EraseUser } from '#application/user/erase-user.js';
import { finishErasures, noErasures } from '#application/user/finish-erasures.js';
import type { UserId } from '#domain/ids.js';
import { logWith } from '#event-log/log-with.js';
import { InMemoryKeyStore } from '#secrets/in-memory-key-store.js';

const her = { organizationId, userId: ada, by };

describe('an erasure that was cut short between its event and its key', () => {
  const fuse: Fuse = { left: never, when: 'before' };
  let store: InMemoryKeyStore;
  let house: House;
  beforeEach(async () => {
    fuse.left = never;
    store = new InMemoryKeyStore();
    house = await openInhabited({ secrets: await realSecrets(failingStore(store, fuse)) });
    await answerOf(house, human(ada, 'ada'));
    await answerOf(house, human(bob, 'bob'));
  });
  afterEach(() => house.close());

  const storedOf = (userId: UserId) => store.get(house.application.userStream(userId));

  async function cutShort() {
    fuse.left = 1;
    await expect(house.run(new EraseUser(her))).rejects.toBeInstanceOf(Blown);
    fuse.left = never;
  }

  it('is finished at the next start, for who was erased and nobody else', async () => {
    await cutShort();
    expect(await storedOf(ada)).not.toBeNull();
    await finishErasures(house.application, noErasures);
    expect(await storedOf(ada)).toBeNull();
    expect(await storedOf(bob)).not.toBeNull();
  });

  it('is finished by whoever asks for it again', async () => {
    await cutShort();
    await answerOf(house, new EraseUser(her));
    expect(await storedOf(ada)).toBeNull();
  });

  it('is found from where the last search ended, and not before', async () => {
    await answerOf(house, new EraseUser({ ...her, userId: bob }));
    const { done } = await finishErasures(house.application, noErasures);
    expect(done).toBe(await house.parts.log.head());
    await house.parts.secrets.keys.create(house.application.userStream(bob));
    await cutShort();
    const found = await finishErasures(house.application, { done, erased: [] });
    expect(found).toEqual({
      done: await house.parts.log.head(),
      erased: [house.application.userStream(ada)],
    });
    expect(await storedOf(ada)).toBeNull();
    expect(await storedOf(bob)).not.toBeNull();
  });

  it('is done again where the keys came back from a backup', async () => {
    await answerOf(house, new EraseUser(her));
    const known = await finishErasures(house.application, noErasures);
    await house.parts.secrets.keys.create(house.application.userStream(ada));
    expect(await finishErasures(house.application, known)).toEqual(known);
    expect(await storedOf(ada)).toBeNull();
    expect(await storedOf(bob)).not.toBeNull();
  });

  it('is looked for again from the same place where the search was cut short', async () => {
    await cutShort();
    fuse.left = 1;
    await expect(finishErasures(house.application, noErasures)).rejects.toBeInstanceOf(Blown);
    fuse.left = never;
    await finishErasures(house.application, noErasures);
    expect(await storedOf(ada)).toBeNull();
  });

  it('is left to the next start where this one ends before it came to it', async () => {
    await cutShort();
    expect(await finishErasures(house.application, noErasures, AbortSignal.abort())).toBe(noErasures);
    expect(await storedOf(ada)).not.toBeNull();
  });

  it('is left to the next start where this one ends before all keys are gone', async () => {
    await cutShort();
    const { log } = house.parts;
    const ending = new AbortController();
    const readAll: typeof log.readAll = async (options) => {
      const page = await log.readAll(options);
      ending.abort();
      return page;
    };
    const parts = { ...house.parts, log: logWith(log, { readAll }) };
    const application = { parts } as House['application'];
    expect(await finishErasures(application, noErasures, ending.signal)).toBe(noErasures);
    expect(await storedOf(ada)).not.toBeNull();
  });

  it('is none in an empty log, or after its end', async () => {
    const known = { done: await house.parts.log.head(), erased: [] };
    expect(await finishErasures(house.application, known)).toEqual(known);
  });
});
