import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DeactivateOrganization } from '#application/organization/deactivate-organization.js';
import { answerOf, attempt, refused } from '#application/testing/attempt.js';
import { by, type House, openHouse, organizationId } from '#application/testing/house.js';
import { ada, bob, human, machine, openInhabited } from '#application/testing/people.js';
import { again, everythingIn, her, hour, type Sent, sentTo, typesOf } from '#application/testing/sent.js';
import { ChangeUsername } from '#application/user/change-username.js';
import { EraseUser } from '#application/user/erase-user.js';
import { RemoveUser } from '#application/user/remove-user.js';
import type { UserId } from '#domain/ids.js';
import { logWith } from '#event-log/log-with.js';
import { base32Encode } from '#secrets/base32.js';
import { newTotpSecret } from '#secrets/totp.js';

let house: House;
beforeEach(async () => {
  house = await openInhabited();
  await answerOf(house, human(ada, 'ada'));
});
afterEach(() => house.close());

const sent = (call: Sent = {}) => sentTo(house, call);

describe('a user who is added under a key', () => {
  const add = (more: Partial<Parameters<typeof human>[2]> = {}) =>
    human(ada, 'grace', { userId: null, by: sent(), ...more });

  it('is one user, whose id comes from the key', async () => {
    const first = await house.run(
      add({ emailVerification: 'code', totpSecret: base32Encode(newTotpSecret()) }),
    );
    const again = await attempt(
      house,
      add({ emailVerification: 'code', totpSecret: base32Encode(newTotpSecret()) }),
    );
    const answer = { ...(first.kind === 'accepted' ? first.answer : null), emailCode: null };
    expect(again).toEqual({ outcome: { ...first, answer, repeated: true }, appended: [] });
    expect(answer).toMatchObject({
      userId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      totpId: expect.any(String),
    });
  });

  it('is one user, however many calls are under way at once', async () => {
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => house.run(add())));
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array.from({ length: 20 }, () => 'accepted'));
    const types = (await everythingIn(house)).map(({ type }) => type);
    expect(types.filter((type) => type === 'user.human.added')).toHaveLength(2);
    expect(types.filter((type) => type.startsWith('login.'))).toHaveLength(4);
  });

  it('is told alike after a change of the name, a deactivated organization, and the end of the user', async () => {
    const first = await house.run(add());
    const userId = first.kind === 'accepted' ? first.answer.userId : ada;
    await answerOf(house, new ChangeUsername({ organizationId, userId, username: 'hopper', by }));
    await answerOf(house, human(bob, 'grace', { email: 'bob@example.com' }));
    expect(await attempt(house, add())).toEqual(again(first));
    await answerOf(house, new DeactivateOrganization({ organizationId, by }));
    expect(await attempt(house, add())).toEqual(again(first));
    await answerOf(house, new EraseUser({ organizationId, userId, by }));
    expect(await attempt(house, add())).toEqual(again(first));
    const restarted = await openHouse({ ...house.parts, soleWriter: false, clockAt: house.clock });
    expect(await attempt(restarted, add())).toEqual(again(first));
    await restarted.close();
  });

  it('stays, when the same call was answered meanwhile and the name changed since', async () => {
    const { log } = house.parts;
    let isFirst = true;
    const overtaken = logWith(log, {
      append: async (...asked) => {
        if (isFirst) {
          isFirst = false;
          const { userId } = await answerOf(house, add());
          await answerOf(house, new ChangeUsername({ organizationId, userId, username: 'hopper', by }));
        }
        return log.append(...asked);
      },
    });
    const late = await openHouse({ ...house.parts, log: overtaken, soleWriter: false, clockAt: house.clock });
    const outcome = await late.run(add());
    expect(outcome).toMatchObject({ kind: 'accepted', repeated: true });
    const types = await typesOf(house, outcome.kind === 'accepted' ? outcome.answer.userId : ada);
    expect(types).toEqual(['user.human.added', 'user.username.changed']);
    expect((await everythingIn(house))[0]?.type).toBe('login.released');
    await answerOf(house, human(bob, 'grace', { email: 'bob@example.com' }));
    await late.close();
  });

  it('is never a second user: after 24 hours the id is given', async () => {
    await answerOf(house, add());
    house.clock.now += 24 * hour;
    expect(await attempt(house, add())).toEqual(refused('user-already-exists'));
  });

  it('may be a machine, named by the id that comes from the key', async () => {
    const addMachine = () => machine(null as unknown as UserId, 'x');
    const make = () => Object.assign(addMachine(), { userId: null, username: null, by: sent() });
    const first = await house.run(make());
    expect(await attempt(house, make())).toEqual(again(first));
  });

  it('and was taken back is refused again', async () => {
    const { log } = house.parts;
    const slow = logWith(log, {
      append: async (...asked) => {
        if (asked[1][0]?.type !== 'user.human.added') return log.append(...asked);
        house.clock.now += 60_000;
        await answerOf(house, human(bob, 'grace', { email: 'bob@example.com' }));
        return log.append(...asked);
      },
    });
    const slowly = await openHouse({ ...house.parts, log: slow, soleWriter: false, clockAt: house.clock });
    expect(await slowly.run(add())).toMatchObject({ refusal: { code: 'login-name-taken' } });
    expect(await attempt(slowly, add())).toEqual(refused('login-name-taken'));
    await slowly.close();
  });
});

describe('a change of the name under a key', () => {
  it('that was taken back is refused again, also when the name is free by then', async () => {
    const { log } = house.parts;
    const slow = logWith(log, {
      append: async (...asked) => {
        if (asked[1][0]?.type !== 'user.username.changed' || house.clock.now > slowUntil)
          return log.append(...asked);
        house.clock.now += 60_000;
        await answerOf(house, human(bob, 'grace', { email: 'bob@example.com' }));
        return log.append(...asked);
      },
    });
    const slowUntil = house.clock.now;
    const slowly = await openHouse({ ...house.parts, log: slow, soleWriter: false, clockAt: house.clock });
    const change = () => new ChangeUsername({ ...her, username: 'grace', by: sent() });
    const taken = { outcome: { refusal: { code: 'login-name-taken' } } };
    expect(await attempt(slowly, change())).toMatchObject(taken);
    await answerOf(house, new RemoveUser({ organizationId, userId: bob, by }));
    expect(await attempt(slowly, change())).toMatchObject({ ...taken, appended: [] });
    await slowly.close();
  });

  it('is told again when the user has yet another', async () => {
    const change = () => new ChangeUsername({ ...her, username: 'grace', by: sent() });
    const first = await house.run(change());
    await answerOf(house, new ChangeUsername({ ...her, username: 'hopper', by }));
    expect(await attempt(house, change())).toEqual(again(first));
  });
});
