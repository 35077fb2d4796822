import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { answerOf } from '#application/testing/attempt.js';
import { Blown, type Fuse, failingStore, never } from '#application/testing/failing.js';
import { by, type House, organizationId } from '#application/testing/house.js';
import { ada, bob, human, openInhabited } from '#application/testing/people.js';
import { realSecrets } from '#application/testing/secrets.js';
import { EraseUser } from '#application/user/erase-user.js';
import { finishErasures } from '#application/user/finish-erasures.js';
import type { UserId } from '#domain/ids.js';
import { logStart } from '#event-log/event-log.js';
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
    await finishErasures(house.application, logStart);
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
    const position = await finishErasures(house.application, logStart);
    expect(position).toBe(await house.parts.log.head());
    await house.parts.secrets.keys.create(house.application.userStream(bob));
    await cutShort();
    expect(await finishErasures(house.application, position)).toBe(await house.parts.log.head());
    expect(await storedOf(ada)).toBeNull();
    expect(await storedOf(bob)).not.toBeNull();
  });

  it('is looked for again from the same place where the search was cut short', async () => {
    await cutShort();
    fuse.left = 1;
    await expect(finishErasures(house.application, logStart)).rejects.toBeInstanceOf(Blown);
    fuse.left = never;
    await finishErasures(house.application, logStart);
    expect(await storedOf(ada)).toBeNull();
  });

  it('is none in an empty log, or after its end', async () => {
    const head = await house.parts.log.head();
    expect(await finishErasures(house.application, head)).toBe(head);
  });
});
