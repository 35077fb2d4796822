import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { releaseNames } from '#application/login-name/reserve.js';
import { DeactivateOrganization } from '#application/organization/deactivate-organization.js';
import { RemoveOrganization } from '#application/organization/remove-organization.js';
import { accepted, answerOf, attempt, refused } from '#application/testing/attempt.js';
import { Blown, type Fuse, failingLog, failingStore, never } from '#application/testing/failing.js';
import { by, type House, openHouse, organizationId } from '#application/testing/house.js';
import {
  ada,
  bob,
  human,
  machine,
  nobody,
  openInhabited,
  otherId,
  printer,
} from '#application/testing/people.js';
import { realSecrets } from '#application/testing/secrets.js';
import { ChangeEmail } from '#application/user/change-email.js';
import { ChangeUsername } from '#application/user/change-username.js';
import { EraseUser } from '#application/user/erase-user.js';
import { RemoveUser } from '#application/user/remove-user.js';
import { RequestEmailCode } from '#application/user/request-email-code.js';
import { VerifyEmail } from '#application/user/verify-email.js';
import type { UserId } from '#domain/ids.js';
import { claimSeconds } from '#domain/login-name/decide.js';
import { InMemoryEventLog } from '#event-log/in-memory.js';
import { logWith } from '#event-log/log-with.js';
import { InMemoryKeyStore } from '#secrets/in-memory-key-store.js';

const her = { organizationId, userId: ada, by };
const rename = (username: string, userId: UserId = ada) => new ChangeUsername({ ...her, userId, username });
const taken = refused('login-name-taken');
const gained = (house: House, userId: UserId) =>
  accepted(
    house,
    { sequence: 1, answer: { userId, emailCode: null, totpId: null } },
    'login.claimed',
    'user.human.added',
    'login.confirmed',
  );

let house: House;
beforeEach(async () => {
  house = await openInhabited({ soleWriter: false });
});
afterEach(() => house.close());

describe('a login name', () => {
  it('is had by one user, in this organization and in every other', async () => {
    expect(await attempt(house, human(ada, 'ada'))).toEqual(gained(house, ada));
    expect(await attempt(house, human(bob, 'ada'))).toEqual(taken);
    expect(await attempt(house, human(bob, 'ada', { organizationId: otherId }))).toEqual(taken);
    expect(await attempt(house, machine(bob, 'ada'))).toEqual(taken);
  });

  it('is free again once the organization of whoever had it was removed', async () => {
    await answerOf(house, human(ada, 'ada', { organizationId: otherId, emailVerification: 'verified' }));
    await answerOf(house, human(bob, 'bob'));
    await answerOf(house, new RemoveOrganization({ organizationId: otherId, by }));
    const named = human(nobody, 'ada', { emailVerification: 'verified' });
    expect(await attempt(house, named)).toMatchObject({ outcome: { kind: 'accepted' } });
    await answerOf(house, new EraseUser({ ...her, organizationId: otherId }));
    expect(await attempt(house, rename('ada', bob))).toEqual(taken);
    expect(await attempt(house, rename('ada@example.com', bob))).toEqual(taken);
  });

  it('stays with its user while the organization is only put out of use', async () => {
    await answerOf(house, human(ada, 'ada', { organizationId: otherId }));
    await answerOf(house, new DeactivateOrganization({ organizationId: otherId, by }));
    expect(await attempt(house, human(bob, 'ada'))).toEqual(taken);
  });

  it.each(['ADA', '  ada ', 'ａｄａ', 'Ａda'])('is the same in another spelling: %p', async (spelling) => {
    await answerOf(house, human(ada, 'ada'));
    expect(await attempt(house, human(bob, spelling, { email: 'bob@example.com' }))).toEqual(taken);
  });

  it('is the address where no username is said, and the address too once it is verified', async () => {
    const email = { email: 'ada@example.com', emailVerification: 'verified' as const };
    await answerOf(house, human(ada, '', { ...email, username: null }));
    expect(await attempt(house, human(bob, 'ada@example.com'))).toEqual(taken);
    expect((await attempt(house, human(bob, 'bob', email))).outcome).toEqual(taken.outcome);
    expect(await attempt(house, human(bob, 'bob', { email: 'ada@example.com' }))).toEqual(gained(house, bob));
  });

  it('is claimed with no other where one of the two is taken', async () => {
    await answerOf(house, human(ada, 'ada@example.com'));
    const both = { email: 'ada@example.com', emailVerification: 'verified' as const };
    expect((await attempt(house, human(bob, 'bob', both))).outcome).toEqual(taken.outcome);
    expect(await attempt(house, human(nobody, 'bob'))).toMatchObject({ outcome: { kind: 'accepted' } });
  });

  it('is free again when its user is removed or erased', async () => {
    await answerOf(house, human(ada, 'ada'));
    await answerOf(house, new RemoveUser(her));
    expect(await attempt(house, human(bob, 'ada'))).toEqual(gained(house, bob));
    await answerOf(house, new EraseUser({ ...her, userId: bob }));
    expect(await attempt(house, human(nobody, 'ada'))).toEqual(gained(house, nobody));
  });

  it('is had by one of sixty-four who ask for it at once, and by none but that one afterwards', async () => {
    const other = await house.another();
    const ids = Array.from({ length: 64 }, () => house.parts.secrets.newId() as UserId);
    const told = await Promise.all(
      ids.map((userId, index) => [house, other][index % 2]?.run(human(userId, 'ada'))),
    );
    const winners = ids.filter((_, index) => told[index]?.kind === 'accepted');
    expect(winners).toHaveLength(1);
    const losers = ids.filter((userId) => !winners.includes(userId));
    const states = losers.map((userId) =>
      house.application.accounts.streams.fresh(house.application.userStream(userId)),
    );
    expect((await Promise.all(states)).every(({ revision }) => revision === -1)).toBe(true);
    expect(await attempt(house, human(bob, 'ada'))).toEqual(taken);
    await answerOf(house, new RemoveUser({ ...her, userId: winners[0] as UserId }));
    expect(await attempt(house, human(bob, 'ada'))).toEqual(gained(house, bob));
    await other.close();
  });
});

describe('changing a username', () => {
  beforeEach(async () => {
    await answerOf(house, human(ada, 'ada'));
    await answerOf(house, human(bob, 'bob'));
    house.clock.now += 1_000;
  });

  it('gives the new name, and frees the old one', async () => {
    expect(await attempt(house, rename('countess'))).toEqual(
      accepted(
        house,
        { sequence: 2 },
        'login.claimed',
        'user.username.changed',
        'login.confirmed',
        'login.released',
      ),
    );
    expect(await attempt(house, rename('countess', bob))).toEqual(taken);
    expect(await attempt(house, rename('ada', bob))).toMatchObject({ outcome: { kind: 'accepted' } });
  });

  it('is refused where another user has the name, and changes nothing', async () => {
    expect(await attempt(house, rename('bob'))).toEqual(taken);
    expect(await attempt(house, human(nobody, 'ada'))).toEqual(taken);
  });

  it('writes nothing where it is the same name, and no name where it is another spelling of it', async () => {
    expect(await attempt(house, rename('ada'))).toMatchObject({ appended: [] });
    expect(await attempt(house, rename('Ada'))).toEqual(
      accepted(house, { sequence: 2 }, 'user.username.changed'),
    );
    expect(await attempt(house, human(nobody, 'ada'))).toEqual(taken);
  });

  it('keeps the old name where it is the verified address', async () => {
    const email = { email: 'carl@example.com', emailVerification: 'verified' as const };
    await answerOf(house, human(printer, 'carl@example.com', email));
    expect(await attempt(house, rename('carl', printer))).toMatchObject({
      appended: ['login.claimed', 'user.username.changed', 'login.confirmed'],
    });
    expect(await attempt(house, rename('carl@example.com'))).toEqual(taken);
  });

  it('leaves one name to each, however many change to the same names at once', async () => {
    const other = await house.another();
    const names = ['one', 'two', 'ada', 'bob'];
    const commands = Array.from({ length: 32 }, (_, index) =>
      [house, other][index % 2]?.run(rename(names[index % 4] as string, index % 3 === 0 ? ada : bob)),
    );
    await Promise.all(commands);
    house.clock.now += claimSeconds * 1_000;
    const free = [];
    for (const name of names) {
      const told = await house.run(human(house.parts.secrets.newId() as UserId, name));
      free.push(told.kind);
    }
    expect(free.sort()).toEqual(['accepted', 'accepted', 'rejected', 'rejected']);
    await other.close();
  });
});

/** A house in which some append of one stream takes as long as somebody else needs to take the name over. */
async function openSlow(isSlow: (type: string) => boolean, meanwhile: (house: House) => Promise<unknown>) {
  const log = new InMemoryEventLog();
  const others = await openInhabited({ log, soleWriter: false });
  const slow = logWith(log, {
    append: async (stream, events, expected) => {
      if (isSlow(events[0]?.type ?? '')) {
        others.clock.now += claimSeconds * 1_000;
        await meanwhile(others);
      }
      return log.append(stream, events, expected);
    },
  });
  const late = await openHouse({ ...others.parts, log: slow, clockAt: others.clock });
  return { late, others };
}

describe('a confirmation that comes too late', () => {
  const loginOf = async ({ application }: House, userId: UserId) =>
    (await application.accounts.streams.fresh(application.userStream(userId))).state.user;

  it('undoes the user that was added, and the name stays with who took it over', async () => {
    const { late, others } = await openSlow(
      (type) => type === 'user.human.added',
      (other) => other.run(machine(bob, 'ada')),
    );
    expect(await late.run(human(ada, 'ada'))).toEqual(taken.outcome);
    expect(await loginOf(others, ada)).toMatchObject({ status: 'erased' });
    expect(await late.parts.secrets.keys.get(late.application.userStream(ada))).toBeNull();
    expect(await attempt(others, human(nobody, 'ada'))).toEqual(taken);
    await Promise.all([late.close(), others.close()]);
  });

  it('undoes the change of a username, and the user keeps the old one', async () => {
    const { late, others } = await openSlow(
      (type) => type === 'user.username.changed',
      (other) => other.run(machine(bob, 'countess')),
    );
    await answerOf(others, human(ada, 'ada'));
    const before = await loginOf(others, ada);
    expect(await late.run(rename('countess'))).toEqual(taken.outcome);
    expect(await loginOf(others, ada)).toEqual(before);
    expect(await attempt(others, human(nobody, 'ada'))).toEqual(taken);
    expect(await attempt(others, human(nobody, 'countess'))).toEqual(taken);
    await Promise.all([late.close(), others.close()]);
  });

  it('undoes the verification of an address, which can be verified later', async () => {
    const { late, others } = await openSlow(
      (type) => type === 'user.human.email.verified',
      (other) => other.run(machine(bob, 'ada@example.com')),
    );
    await answerOf(others, human(ada, 'ada'));
    const code = (await answerOf(others, new RequestEmailCode(her))).emailCode;
    expect(await late.run(new VerifyEmail({ ...her, code }))).toEqual(taken.outcome);
    expect(await loginOf(others, ada)).toMatchObject({ emailVerification: { status: 'unverified' } });
    await Promise.all([late.close(), others.close()]);
  });

  it('undoes the change of an address, and the user keeps the old one', async () => {
    let times = 0;
    const { late, others } = await openSlow(
      (type) => type === 'user.human.email.changed' && ++times === 1,
      (other) => other.run(machine(bob, 'new@example.com')),
    );
    await answerOf(others, human(ada, 'ada', { emailVerification: 'verified' }));
    const before = await loginOf(others, ada);
    const change = new ChangeEmail({ ...her, email: 'new@example.com', emailVerification: 'verified' });
    expect(await late.run(change)).toEqual(taken.outcome);
    expect(await loginOf(others, ada)).toEqual(before);
    expect(await attempt(others, human(nobody, 'ada@example.com'))).toEqual(taken);
    await Promise.all([late.close(), others.close()]);
  });
});

describe('a change of a username into which another process comes', () => {
  const appendedBy = async (slow: Promise<{ late: House; others: House }>) => {
    const { late, others } = await slow;
    await answerOf(others, human(ada, 'ada'));
    const told = await attempt(late, rename('countess'));
    await Promise.all([late.close(), others.close()]);
    return told;
  };

  it('gives the new name up where the user was removed', async () => {
    const isSlow = (type: string) => type === 'user.username.changed';
    const told = appendedBy(openSlow(isSlow, (other) => other.run(new RemoveUser(her))));
    expect(await told).toEqual(
      refused('user-not-found', 'login.claimed', 'user.removed', 'login.released', 'login.released'),
    );
  });

  it('claims the new name again where nobody else has it', async () => {
    const isSlow = (type: string) => type === 'user.username.changed';
    const told = appendedBy(
      openSlow(isSlow, ({ application, parts }) =>
        releaseNames(application, { ...her, keys: [parts.secrets.names.loginKey('countess')] }),
      ),
    );
    expect(await told).toMatchObject({
      outcome: { kind: 'accepted' },
      appended: [
        'login.claimed',
        'login.released',
        'user.username.changed',
        'login.claimed',
        'login.confirmed',
        'login.released',
      ],
    });
  });

  it('keeps no name that was changed again since', async () => {
    let times = 0;
    const isSlow = (type: string) => type === 'login.confirmed' && ++times === 1;
    const told = await appendedBy(openSlow(isSlow, (other) => other.run(rename('third'))));
    expect(told).toMatchObject({ outcome: { kind: 'accepted', details: { sequence: 2 } } });
    expect(told.appended.slice(-2)).toEqual(['login.released', 'login.released']);
  });
});

describe('a process that ends while it gives a name', () => {
  const points = Array.from({ length: 12 }, (_, index) => index + 1);
  const cuts = points.flatMap((at) => [['before', at] as const, ['after', at] as const]);

  async function openFused(fuse: Fuse) {
    const log = failingLog(new InMemoryEventLog(), fuse);
    const secrets = await realSecrets(failingStore(new InMemoryKeyStore(), fuse));
    return openInhabited({ log, secrets });
  }

  /** Whoever comes next knows nothing of what was at hand. */
  async function restarted(given: House, fuse: Fuse) {
    fuse.left = never;
    return given.another();
  }

  it.each(cuts)('leaves it to its user or to the next, %s its call %i while adding', async (when, at) => {
    const fuse: Fuse = { left: never, when };
    const first = await openFused(fuse);
    fuse.left = at;
    const told = await first.run(human(ada, 'ada')).catch((error: unknown) => {
      if (!(error instanceof Blown)) throw error;
      return null;
    });
    const next = await restarted(first, fuse);
    next.clock.now += claimSeconds * 1_000;
    const { user } = (await next.application.accounts.streams.fresh(next.application.userStream(ada))).state;
    const isThere = user.status === 'active';
    const later = await next.run(human(bob, 'ada'));
    expect({ told: told?.kind ?? null, next: later.kind }).toEqual({
      told: told === null ? null : 'accepted',
      next: isThere ? 'rejected' : 'accepted',
    });
    await Promise.all([first.close(), next.close()]);
  });

  it.each(cuts)('leaves one name to the user, %s its call %i while renaming', async (when, at) => {
    const fuse: Fuse = { left: never, when };
    const first = await openFused(fuse);
    await answerOf(first, human(ada, 'ada'));
    fuse.left = at;
    await first.run(rename('countess')).catch((error: unknown) => {
      if (!(error instanceof Blown)) throw error;
    });
    const next = await restarted(first, fuse);
    next.clock.now += claimSeconds * 1_000;
    const told = [await next.run(machine(bob, 'ada')), await next.run(machine(printer, 'countess'))];
    expect(told.map(({ kind }) => kind).sort()).toEqual(['accepted', 'rejected']);
    await Promise.all([first.close(), next.close()]);
  });

  it('has no other call at which it could end', async () => {
    const fuse: Fuse = { left: 1_000, when: 'before' };
    const whole = await openFused(fuse);
    fuse.left = 1_000;
    await answerOf(whole, human(ada, 'ada'));
    expect(1_000 - fuse.left).toBeLessThanOrEqual(points.length);
    fuse.left = 1_000;
    await answerOf(whole, rename('countess'));
    expect(1_000 - fuse.left).toBeLessThanOrEqual(points.length);
    await whole.close();
  });

  it('waits for who is under way, and says for how long', async () => {
    const fuse: Fuse = { left: never, when: 'after' };
    const first = await openFused(fuse);
    // The instance, the user and the name are read; then the claim is made.
    fuse.left = 4;
    await expect(first.run(human(ada, 'ada'))).rejects.toBeInstanceOf(Blown);
    const next = await restarted(first, fuse);
    const retryAt = next.clock.now + claimSeconds * 1_000;
    expect(await attempt(next, human(bob, 'ada'))).toEqual(refused({ code: 'login-name-claimed', retryAt }));
    next.clock.now = retryAt;
    expect(await attempt(next, human(bob, 'ada'))).toEqual(gained(next, bob));
    await Promise.all([first.close(), next.close()]);
  });
});
