import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { RemoveUserMetadata } from '#application/metadata/remove-user-metadata.js';
import { SetUserMetadata } from '#application/metadata/set-user-metadata.js';
import { Sealer } from '#application/sealer.js';
import { accepted, answerOf, attempt, refused, violationsIn } from '#application/testing/attempt.js';
import { by, type House, organizationId } from '#application/testing/house.js';
import { ada, bob, human, machine, openInhabited } from '#application/testing/people.js';
import { AddMachineUser } from '#application/user/add-machine-user.js';
import { RemoveUser } from '#application/user/remove-user.js';
import type { UserId } from '#domain/ids.js';
import { metadataMax } from '#domain/user-metadata/decide.js';

const her = { organizationId, userId: ada, by };
const bytes = (text: string) => Buffer.from(text);
const colour = { key: 'favourite colour', value: bytes('blue') };
const size = { key: 'shoe size', value: Uint8Array.of(0, 255, 38) };
const set = (...metadata: readonly { key: string; value: Uint8Array }[]) =>
  new SetUserMetadata({ ...her, metadata });
const remove = (...keys: readonly string[]) => new RemoveUserMetadata({ ...her, keys });

let house: House;
beforeEach(async () => {
  house = await openInhabited({ soleWriter: false });
  await answerOf(house, human(ada, 'ada'));
  house.clock.now += 1_000;
});
afterEach(() => house.close());

const accountOf = async (userId: UserId = ada) =>
  (await house.application.accounts.streams.fresh(house.application.userStream(userId))).state;

/** As somebody who may open it reads it. */
async function readOf(userId: UserId = ada) {
  const { secrets } = house.parts;
  const key = await secrets.keys.get(house.application.userStream(userId));
  if (key === null) throw new Error('there is no key');
  const sealer = new Sealer(secrets, key, organizationId);
  const { metadata } = await accountOf(userId);
  return metadata.map((entry) => [
    sealer.openText('metadata-key', entry.key, entry.keyHash),
    sealer.open('metadata-value', entry.value, entry.keyHash).toString('latin1'),
  ]);
}

describe('metadata of a user', () => {
  it('is set and read back, to the byte', async () => {
    expect(await attempt(house, set(colour, size))).toEqual(
      accepted(house, { sequence: 3 }, 'user.metadata.set', 'user.metadata.set'),
    );
    expect(await readOf()).toEqual([
      ['favourite colour', 'blue'],
      ['shoe size', '\0\xff&'],
    ]);
  });

  it('is written only where it changes', async () => {
    await answerOf(house, set(colour, size));
    expect(await attempt(house, set(size, { ...colour, value: bytes('red') }))).toEqual(
      accepted(house, { sequence: 4 }, 'user.metadata.set'),
    );
    expect((await attempt(house, set({ ...colour, value: bytes('red') }, size))).appended).toEqual([]);
    expect(await readOf()).toEqual([
      ['favourite colour', 'red'],
      ['shoe size', '\0\xff&'],
    ]);
  });

  it('tells keys apart to the letter', async () => {
    await answerOf(house, set(colour));
    const others = ['Favourite Colour', 'favourite colour ', ' favourite colour'];
    await answerOf(house, set(...others.map((key) => ({ key, value: bytes('red') }))));
    expect(await readOf()).toHaveLength(4);
  });

  it('is set by several at once, each change on top of the other', async () => {
    const other = await house.another();
    const each = (index: number) => set({ key: `key ${index}`, value: bytes('x') });
    const sent = [0, 1, 2, 3].map((index) => (index % 2 === 0 ? house : other).run(each(index)));
    expect((await Promise.all(sent)).map(({ kind }) => kind)).toEqual(Array(4).fill('accepted'));
    expect((await readOf()).map(([key]) => key).sort()).toEqual(['key 0', 'key 1', 'key 2', 'key 3']);
    await other.close();
  });

  it('is removed by its keys, all that are named or none', async () => {
    await answerOf(house, set(colour, size, { key: 'third', value: bytes('x') }));
    expect(await attempt(house, remove('shoe size', 'unheard of'))).toEqual(refused('metadata-not-found'));
    expect(await attempt(house, remove('shoe size'))).toEqual(
      accepted(house, { sequence: 5 }, 'user.metadata.removed'),
    );
    expect(await attempt(house, remove('shoe size'))).toEqual(refused('metadata-not-found'));
    expect(await attempt(house, remove('third', 'favourite colour'))).toEqual(
      accepted(house, { sequence: 6 }, 'user.metadata.removed.all'),
    );
    expect(await readOf()).toEqual([]);
  });

  it('has as many keys as anybody may have, and no more', async () => {
    const all = Array.from({ length: metadataMax }, (_, index) => ({ key: `${index}`, value: bytes('x') }));
    await answerOf(house, set(...all));
    expect(await attempt(house, set({ ...colour, key: '7' }, colour))).toEqual(
      refused({ code: 'metadata-max', maximum: metadataMax }),
    );
    expect((await attempt(house, set({ ...colour, key: '7' }))).appended).toEqual(['user.metadata.set']);
  });

  it('comes with a user who is added', async () => {
    await answerOf(house, human(bob, 'bob', { metadata: [colour] }));
    expect(await readOf(bob)).toEqual([['favourite colour', 'blue']]);
    const scanner = new AddMachineUser({ organizationId, name: 'Scanner', metadata: [size], by });
    const { userId } = await answerOf(house, scanner);
    expect(await readOf(userId)).toEqual([['shoe size', '\0\xff&']]);
  });

  it('goes with its user', async () => {
    await answerOf(house, set(colour));
    await answerOf(house, new RemoveUser(her));
    expect((await accountOf()).metadata).toEqual([]);
  });

  it('stands nowhere in clear, and says not even that two users have the same key', async () => {
    const after = await house.parts.log.head();
    await answerOf(house, set(colour));
    await answerOf(house, machine(bob, 'scanner'));
    await answerOf(house, new SetUserMetadata({ ...her, userId: bob, metadata: [colour] }));
    const events = await house.parts.log.readAll({ direction: 'forward', after, limit: 1_000 });
    const text = JSON.stringify(events);
    for (const secret of ['favourite colour', 'blue', bytes('blue').toString('base64url')])
      expect(text).not.toContain(secret);
    const [first, second] = [(await accountOf(ada)).metadata[0], (await accountOf(bob)).metadata[0]];
    expect(first?.keyHash).not.toBe(second?.keyHash);
    expect(await readOf(ada)).toEqual(await readOf(bob));
  });
});

describe('what is sent with metadata', () => {
  const long = 'x'.repeat(201);
  const large = new Uint8Array(4_097);

  it.each([
    ['no entry', []],
    ['an empty key', [{ ...colour, key: '' }]],
    ['a key that is too long', [{ ...colour, key: long }]],
    ['a key with a control character', [{ ...colour, key: 'a\nb' }]],
    ['an empty value', [{ ...colour, value: new Uint8Array() }]],
    ['a value that is too large', [{ ...colour, value: large }]],
    ['a text for bytes', [{ ...colour, value: 'blue' as unknown as Uint8Array }]],
    ['the same key twice', [colour, { ...colour, value: bytes('red') }]],
    ['something else', [null as unknown as typeof colour]],
    ['too many', Array.from({ length: 51 }, (_, index) => ({ ...colour, key: `${index}` }))],
  ])('breaks a rule: %s', async (_, metadata) => {
    expect(await violationsIn(house, set(...metadata))).toEqual(['metadata: entry-list']);
    if (metadata.length === 0) return;
    expect(await violationsIn(house, human(bob, 'bob', { metadata }))).toEqual(['metadata: entry-list']);
  });

  it('may be as long as allowed', async () => {
    const longest = { key: long.slice(1), value: large.subarray(1) };
    expect(await attempt(house, set(longest))).toMatchObject({ appended: ['user.metadata.set'] });
    expect(await attempt(house, remove(longest.key))).toMatchObject({ appended: ['user.metadata.removed'] });
  });

  it.each([
    ['none', []],
    ['an empty one', ['']],
    ['one twice', ['a', 'a']],
    ['one that is too long', [long]],
  ])('names the keys that are to be removed: not %s', async (_, keys) => {
    expect(await violationsIn(house, remove(...keys))).toEqual(['keys: text-list']);
  });
});
