import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AddAccessToken } from '#application/access-token/add-access-token.js';
import { idempotencyOf, idOfNew, partOf } from '#application/idempotency.js';
import { AddOrganization } from '#application/organization/add-organization.js';
import { RenameOrganization } from '#application/organization/rename-organization.js';
import { answerOf, attempt, refused } from '#application/testing/attempt.js';
import { by, type House, openHouse, organizationId } from '#application/testing/house.js';
import { ada, bob, human, openInhabited } from '#application/testing/people.js';
import { again, everythingIn, her, hour, type Sent, sentTo, typesOf } from '#application/testing/sent.js';
import { ChangePhone } from '#application/user/change-phone.js';
import { EraseUser } from '#application/user/erase-user.js';
import { LockUser } from '#application/user/lock-user.js';
import { RemoveUser } from '#application/user/remove-user.js';
import { UnlockUser } from '#application/user/unlock-user.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { outcomeUnknown } from '#event-log/errors.js';
import { logWith } from '#event-log/log-with.js';

let house: House;
beforeEach(async () => {
  house = await openInhabited();
  await answerOf(house, human(ada, 'ada'));
});
afterEach(() => house.close());

const sent = (call: Sent = {}) => sentTo(house, call);

describe('a change that is sent again under its key', () => {
  it('is done once, and answered with the details of then', async () => {
    const first = await attempt(house, new LockUser({ ...her, by: sent() }));
    expect(first.appended).toEqual(['user.locked']);
    house.clock.now += hour;
    await answerOf(house, new UnlockUser({ ...her, by }));
    const again = await attempt(house, new LockUser({ ...her, by: sent() }));
    expect(again).toEqual({ outcome: { ...(first.outcome as object), repeated: true }, appended: [] });
  });

  it('is done once, however many are under way at once', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => house.run(new LockUser({ ...her, by: sent() }))),
    );
    expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['accepted']));
    expect(outcomes.filter((outcome) => outcome.kind === 'accepted' && outcome.repeated)).toHaveLength(19);
    expect(await typesOf(house, ada)).toEqual(['user.human.added', 'user.locked']);
  });

  it('is done once between processes that know nothing of each other', async () => {
    const shared = await openHouse({ ...house.parts, soleWriter: false, clockAt: house.clock });
    const others = await Promise.all(Array.from({ length: 4 }, () => shared.another()));
    await Promise.all(others.map((other) => other.application.accounts.streams.get(`user-${ada}`)));
    const outcomes = await Promise.all(
      others.map((other) => other.run(new ChangePhone({ ...her, phone: '+49 1', by: sent() }))),
    );
    expect(outcomes).toEqual(Array.from({ length: 4 }, () => expect.objectContaining({ kind: 'accepted' })));
    expect(await typesOf(house, ada)).toEqual(['user.human.added', 'user.human.phone.changed']);
    await Promise.all([...others, shared].map((each) => each.close()));
  });

  it('is found after a restart, with nothing at hand', async () => {
    const first = await house.run(new LockUser({ ...her, by: sent() }));
    const restarted = await house.another();
    expect(await restarted.run(new LockUser({ ...her, by: sent() }))).toEqual({ ...first, repeated: true });
    await restarted.close();
  });

  it('is refused where something else is asked for by the key, of the same user or of another', async () => {
    await answerOf(house, new LockUser({ ...her, by: sent() }));
    await answerOf(house, human(bob, 'bob'));
    const other = sent({ request: 'another request' });
    const reused = refused('idempotency-key-reused');
    expect(await attempt(house, new UnlockUser({ ...her, by: other }))).toEqual(reused);
    expect(await attempt(house, new LockUser({ ...her, userId: bob, by: other }))).toEqual(reused);
    const restarted = await house.another();
    expect(await attempt(restarted, new UnlockUser({ ...her, by: other }))).toEqual(reused);
    await restarted.close();
  });

  it('is another change under the same key of another caller', async () => {
    await answerOf(house, new LockUser({ ...her, by: sent() }));
    expect(await attempt(house, new LockUser({ ...her, by: sent({ caller: 'user-2' }) }))).toEqual(
      refused('user-already-locked'),
    );
  });

  it('is decided anew after 24 hours, and not a millisecond before', async () => {
    const change = (phone: string) => new ChangePhone({ ...her, phone, by: sent() });
    await answerOf(house, change('+49 1'));
    house.clock.now += 24 * hour - 1;
    await answerOf(house, new ChangePhone({ ...her, phone: '+49 2', by }));
    expect(await attempt(house, change('+49 1'))).toMatchObject({ appended: [] });
    house.clock.now += 1;
    expect(await attempt(house, change('+49 1'))).toMatchObject({ appended: ['user.human.phone.changed'] });
  });

  it('is found for as long where nothing was changed since', async () => {
    const lock = () => new LockUser({ ...her, by: sent() });
    await answerOf(house, lock());
    house.clock.now += 24 * hour - 1;
    expect(await attempt(house, lock())).toMatchObject({ outcome: { repeated: true } });
    house.clock.now += 1;
    expect(await attempt(house, lock())).toEqual(refused('user-already-locked'));
  });

  it('is decided anew where it left no event', async () => {
    const unlock = () => new UnlockUser({ ...her, by: sent() });
    expect(await attempt(house, unlock())).toEqual(refused('user-not-locked'));
    await answerOf(house, new LockUser({ ...her, by }));
    expect(await attempt(house, unlock())).toMatchObject({ appended: ['user.unlocked'] });
  });

  it('is found among everything that came after it, on as many pages as that takes', async () => {
    await answerOf(house, new LockUser({ ...her, by: sent() }));
    for (let index = 0; index < 200; index += 1)
      await answerOf(
        house,
        new ChangePhone({ ...her, phone: `+49 ${index}`, by: sent({ key: `${index}` }) }),
      );
    expect(await attempt(house, new LockUser({ ...her, by: sent() }))).toMatchObject({
      outcome: { kind: 'accepted', details: { sequence: 2 }, repeated: true },
      appended: [],
    });
  });

  it('is answered as it was when what it was done to is gone', async () => {
    const removed = await house.run(new RemoveUser({ ...her, by: sent() }));
    expect(await house.run(new RemoveUser({ ...her, by: sent() }))).toEqual({ ...removed, repeated: true });
    const erased = await house.run(new EraseUser({ ...her, by: sent({ key: 'erase' }) }));
    const again = await house.run(new EraseUser({ ...her, by: sent({ key: 'erase' }) }));
    expect(again).toEqual({ ...erased, repeated: true });
  });

  it('is found in organizations too', async () => {
    const rename = () => new RenameOrganization({ organizationId, name: 'Acme Ltd', by: sent() });
    const first = await house.run(rename());
    await answerOf(house, new RenameOrganization({ organizationId, name: 'Acme', by }));
    expect(await attempt(house, rename())).toEqual(again(first));
  });
});

describe('a call that was cut short', () => {
  it('between its append and its answer is answered by a repeat', async () => {
    let cut = true;
    const { log } = house.parts;
    const cutting = logWith(log, {
      append: async (...asked) => {
        const appended = await log.append(...asked);
        if (cut && asked[0] === house.application.userStream(ada)) throw new Error('the process ended');
        return appended;
      },
    });
    const dying = await openHouse({ ...house.parts, log: cutting, clockAt: house.clock });
    await expect(dying.run(new LockUser({ ...her, by: sent() }))).rejects.toThrow('ended');
    cut = false;
    const repeated = { kind: 'accepted', details: { sequence: 2 }, repeated: true };
    const next = await house.another();
    expect(await next.run(new LockUser({ ...her, by: sent() }))).toMatchObject(repeated);
    expect(await typesOf(house, ada)).toEqual(['user.human.added', 'user.locked']);
    await Promise.all([dying.close(), next.close()]);
  });

  it('and is written later than a repeat of it is looked for, is done by one of them alone', async () => {
    const late: (() => Promise<unknown>)[] = [];
    let away = true;
    const { log } = house.parts;
    const hanging = logWith(log, {
      append: async (...asked) => {
        if (!away) {
          for (const write of late.splice(0, 1)) await write();
          return log.append(...asked);
        }
        late.push(() => log.append(...asked));
        throw outcomeUnknown('no answer came');
      },
    });
    const hanged = await openHouse({ ...house.parts, log: hanging, clockAt: house.clock });
    const add = () => new AddAccessToken({ ...her, name: 'Billing', scopes: ['all'], by: sent() });
    await expect(hanged.run(add())).rejects.toMatchObject({ code: 'outcome-unknown' });
    away = false;
    const outcome = await hanged.run(add());
    expect(outcome).toMatchObject({ kind: 'accepted', repeated: true, answer: { token: null } });
    expect(await typesOf(house, ada)).toEqual(['user.human.added', 'user.pat.added']);
    await hanged.close();
  });
});

describe('a key', () => {
  const read = (key: string) =>
    idempotencyOf({ caller: 'user-1', key, request: ['Method'] }, house.parts.secrets);

  it.each([
    ['empty', ''],
    ['256 characters long', 'k'.repeat(256)],
    ['with a line break', 'a\nb'],
    ['not ASCII', 'schlüssel'],
  ])('is refused where it is %s', (_, key) => {
    expect(read(key)).toEqual({
      kind: 'rejected',
      refusal: { code: 'idempotency-key-malformed', field: 'Idempotency-Key', maximum: 255 },
    });
  });

  it.each([
    ['one character', 'k'],
    ['255 of them', 'k'.repeat(255)],
    ['a quoted UUID', '"8e03978e-40d5-43dd-bc93-6894a57f9324"'],
  ])('may be %s', (_, key) => {
    expect(read(key)).toMatchObject({ kind: 'keyed' });
  });

  it('stands nowhere in the log, nor what was asked for by it, and is in the events that it caused', async () => {
    const key = 'a-very-peculiar-key';
    const request = 'a-very-peculiar-request';
    const caller = 'a-very-peculiar-caller';
    await answerOf(house, human(bob, 'grace', { userId: null, by: sent({ key, request, caller }) }));
    const events = await everythingIn(house);
    expect(JSON.stringify(events)).not.toContain('peculiar');
    const marked = events.filter(({ metadata }) => 'idempotency' in metadata);
    expect(marked.map(({ type }) => type)).toEqual(['user.human.added']);
    expect(marked[0]?.metadata.idempotency).toMatch(/^[\w-]{32}\.[\w-]{32}$/);
  });

  it('makes ids of each kind apart, and without one they are new each time', () => {
    const { secrets } = house.parts;
    const keyed = sent();
    expect(idOfNew(keyed, 'user', secrets)).toBe(idOfNew(sent(), 'user', secrets));
    expect(idOfNew(keyed, 'user', secrets)).not.toBe(idOfNew(keyed, 'organization', secrets));
    expect(idOfNew(by, 'user', secrets)).not.toBe(idOfNew(by, 'user', secrets));
    expect(house.application.userStream(idOfNew(keyed, 'user', secrets) as UserId)).toBe(
      `user-${idOfNew(keyed, 'user', secrets)}`,
    );
  });

  it('has a part for each command that a call sends to one stream', async () => {
    const call = sent();
    const id = idOfNew(call, 'organization', house.parts.secrets) as OrganizationId;
    await answerOf(house, new AddOrganization({ organizationId: id, name: 'Acme', by: call }));
    const rename = () =>
      new RenameOrganization({ organizationId: id, name: 'B', by: partOf(sent(), 'name') });
    expect(await attempt(house, rename())).toMatchObject({ appended: ['org.changed'] });
    expect(await attempt(house, rename())).toMatchObject({ outcome: { repeated: true }, appended: [] });
    expect(partOf(by, 'name')).toBe(by);
  });
});
