import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { ChangeOrganizationSettings } from '#application/organization/change-organization-settings.js';
import { DeactivateOrganization } from '#application/organization/deactivate-organization.js';
import { SettingsFields } from '#application/organization/settings-fields.js';
import { checkSessionToken } from '#application/session/check-session-token.js';
import { DeleteSession } from '#application/session/delete-session.js';
import { attempt, refused } from '#application/testing/attempt.js';
import { addDevice } from '#application/testing/factors.js';
import { type HeldLog, heldLog } from '#application/testing/held-log.js';
import { by, type House, organizationId } from '#application/testing/house.js';
import {
  checked,
  creating,
  givePassword,
  logIn,
  openLoggingIn,
  worthOf,
  wrongPassword,
} from '#application/testing/logins.js';
import { ada, bob, human, nobody } from '#application/testing/people.js';
import { RemoveUser } from '#application/user/remove-user.js';
import type { SessionId, UserId } from '#domain/ids.js';
import { InMemoryEventLog } from '#event-log/in-memory.js';
import { newSessionToken } from '#secrets/session-tokens.js';

let house: House;
let log: HeldLog;
beforeEach(async () => {
  log = heldLog(new InMemoryEventLog());
  house = await openLoggingIn({ log });
  await house.run(human(ada, 'ada'));
  await givePassword(house, ada);
});
afterEach(() => house.close());

async function readsOf(run: () => Promise<unknown>): Promise<number> {
  log.reads.length = 0;
  await run();
  return log.reads.length;
}

describe('a token of a session', () => {
  it('tells whose it is, and what it is worth', async () => {
    const { sessionId, token } = await logIn(house, ada);
    expect(await checked(house, token)).toEqual({
      sessionId,
      assurance: { level: 'authenticated', passwordAt: house.clock.now, factorAt: null },
      user: { userStream: `user-${ada}`, userId: ada, organizationId, generation: 0, hasFactor: false },
    });
  });

  it('tells an id that was brought along', async () => {
    const userId = 'Bob from accounting' as UserId;
    await house.run(human(userId, 'bob'));
    await givePassword(house, userId);
    const { token } = await logIn(house, userId);
    expect(await checked(house, token)).toMatchObject({ user: { userId } });
  });

  it('is worth what its user is now', async () => {
    const { token } = await logIn(house, ada);
    await house.run(
      new ChangeOrganizationSettings({
        organizationId,
        changed: new SettingsFields({ secondFactorRequired: true }),
        by,
      }),
    );
    expect(await worthOf(house, token)).toBe('may-enrol');
    await addDevice(house, ada);
    expect(await worthOf(house, token)).toBe('no second-factor');
    await house.run(new DeactivateOrganization({ organizationId, by }));
    expect(await worthOf(house, token)).toBe('nothing');
  });

  it('opens nothing once its user is gone', async () => {
    const { token } = await logIn(house, ada);
    await house.run(new RemoveUser({ organizationId, userId: ada, by }));
    expect(await worthOf(house, token)).toBe('nothing');
  });

  it('opens nothing once its session is ended, which can be done once', async () => {
    const { sessionId, token } = await logIn(house, ada);
    const end = () => attempt(house, new DeleteSession({ sessionId, by }));
    expect((await end()).appended).toEqual(['session.terminated']);
    expect(await worthOf(house, token)).toBe('nothing');
    expect(await end()).toMatchObject({ outcome: { kind: 'accepted' }, appended: [] });
    const unknown = new DeleteSession({ sessionId: nobody as string as SessionId, by });
    expect(await attempt(house, unknown)).toEqual(refused('session-not-found'));
  });

  it('is good in every process, and dead in every one once there is another', async () => {
    const { sessionId, token } = await logIn(house, ada);
    const another = await house.another();
    expect(await worthOf(another, token)).toBe('authenticated');
    const foreign = newSessionToken(sessionId).text;
    expect(await worthOf(another, foreign)).toBe('nothing');
    await another.close();
  });

  it.each(['', 'css_', 'Bearer x', 'css_AAAA'])('is not made up: %p', async (text) => {
    expect(await readsOf(() => checkSessionToken(house.application, text))).toBe(0);
    expect(await checked(house, text)).toBeNull();
  });
});

describe('the time that a no takes', () => {
  it('is one read of the log, whether there is such a session or not, at hand or not', async () => {
    const { sessionId } = await logIn(house, ada);
    const cold = await house.another();
    const wrong = newSessionToken(sessionId).text;
    const unknown = newSessionToken(nobody).text;
    const reads = [];
    for (const [where, token] of [
      [house, wrong],
      [house, unknown],
      [cold, wrong],
      [cold, wrong],
      [cold, unknown],
    ] as const)
      reads.push(await readsOf(() => checkSessionToken(where.application, token)));
    expect(reads).toEqual([1, 1, 1, 1, 1]);
    await cold.close();
  });

  it('is two reads for a wrong password, whoever was named and however often', async () => {
    await house.run(human(bob, 'bob'));
    const whom = [
      { userId: ada },
      { loginName: 'ada' },
      { userId: bob },
      { userId: nobody },
      { loginName: 'nobody' },
    ];
    const reads = [];
    for (const user of [...whom, ...whom, ...whom])
      reads.push(await readsOf(() => house.run(creating(user, { password: wrongPassword }))));
    expect(reads).toEqual(Array(reads.length).fill(2));
  });

  it('is no read for a user who is at hand and only named: the name of a new stream was just drawn', async () => {
    expect(await readsOf(() => house.run(creating({ userId: ada })))).toBe(0);
    expect(await readsOf(() => house.run(creating({ loginName: 'ada' })))).toBe(0);
  });
});
