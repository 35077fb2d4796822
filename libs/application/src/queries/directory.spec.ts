import { afterEach, describe, expect, it } from '@jest/globals';

import { AddOrganization } from '#application/organization/add-organization.js';
import { Directory, waitMaxMs } from '#application/queries/directory.js';
import { listOrganizations } from '#application/queries/organizations.js';
import { type AskedHouse, answered, openAsked, slowLog } from '#application/testing/asked.js';
import { answerOf } from '#application/testing/attempt.js';
import { logWith } from '#application/testing/failing.js';
import { by, organizationId } from '#application/testing/house.js';
import { ada, bob, human, machine, otherId, printer } from '#application/testing/people.js';
import { EraseUser } from '#application/user/erase-user.js';
import { RemoveUser } from '#application/user/remove-user.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import type { EventLog, Position, SubscriptionItem } from '#event-log/event-log.js';
import { InMemoryEventLog } from '#event-log/in-memory.js';

const open: AskedHouse[] = [];
afterEach(async () => {
  for (const asked of open.splice(0)) await asked.close();
});

async function opened(log?: EventLog): Promise<AskedHouse> {
  const asked = await openAsked(log);
  open.push(asked);
  return asked;
}

/** Of the directory, after so much trouble. */
const retryDelayMsMax = 2_000;
const streamOf = (userId: UserId) => `user-${userId}`;
const usersIn = (directory: Directory, id: OrganizationId) => [...directory.usersOf(id).keys()];

/** Asked as long as a slow machine takes. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('the directory', () => {
  it('knows the users of each organization in the order in which they were added', async () => {
    const { house, directory } = await opened();
    await answerOf(house, human(bob, 'bob'));
    await answerOf(house, human(ada, 'ada', { organizationId: otherId }));
    await answerOf(house, machine(printer, 'printer'));
    expect(await directory.awaitWritten()).toBeNull();
    expect([...directory.organizations()]).toEqual([organizationId, otherId]);
    expect(usersIn(directory, organizationId)).toEqual([bob, printer].map(streamOf));
    expect(usersIn(directory, otherId)).toEqual([streamOf(ada)]);
    expect([...directory.usersOf(organizationId).values(), ...directory.usersOf(otherId).values()]).toEqual([
      0, 2, 1,
    ]);
  });

  it('is folded anew by the next process, without who left', async () => {
    const log = new InMemoryEventLog();
    const { house, directory } = await opened(log);
    for (const [id, name] of Object.entries({ [ada]: 'ada', [bob]: 'bob', [printer]: 'printer' }))
      await answerOf(house, human(id as UserId, name));
    await answerOf(house, new RemoveUser({ organizationId, userId: ada, by }));
    await answerOf(house, new EraseUser({ organizationId, userId: bob, by }));
    const next = new Directory(log, () => undefined);
    expect(next.isReady).toBe(false);
    next.start();
    await until(() => next.isReady);
    expect(usersIn(next, organizationId)).toEqual([streamOf(printer)]);
    expect(await directory.awaitWritten()).toBeNull();
    expect(usersIn(directory, organizationId)).toEqual([streamOf(printer)]);
    await next.close();
  });

  it('knows what was just written, however many write at once', async () => {
    const { house, directory } = await opened();
    const adding = Array.from({ length: 50 }, async (_, index) => {
      const userId = `0198f3a2-0000-7000-8000-0000000001${String(index).padStart(2, '0')}` as UserId;
      await answerOf(house, human(userId, `user-${index}`));
      const refusal = await directory.awaitWritten();
      return refusal === null && directory.usersOf(organizationId).has(streamOf(userId));
    });
    expect(await Promise.all(adding)).toEqual(Array(50).fill(true));
  });

  it('is in every list of who wrote', async () => {
    const { house, sources } = await opened(slowLog());
    const listing = Array.from({ length: 20 }, async (_, index) => {
      const id = `organization ${index}` as OrganizationId;
      await answerOf(house, new AddOrganization({ organizationId: id, name: 'New', by }));
      const search = {
        filters: [],
        column: 'name',
        isAscending: true,
        page: { offset: 0, limit: 1 },
      } as const;
      return (await answered(listOrganizations(id, search, sources))).total;
    });
    expect(await Promise.all(listing)).toEqual(Array(20).fill(1));
  });
});

/** What it delivers ends, breaks or waits where a test says so. */
function brokenLog(log: EventLog) {
  const broken = { subscriptions: 0, breaks: false, holds: false, ends: false };
  let release: () => void = () => undefined;
  async function* deliver(source: AsyncIterableIterator<SubscriptionItem>) {
    for await (const item of source) {
      if (broken.breaks) throw new Error('the disk is gone');
      if (broken.ends) return;
      if (broken.holds) await new Promise<void>((resolve) => (release = resolve));
      yield item;
    }
  }
  const wrapped = logWith(log, {
    subscribe: (options) => {
      broken.subscriptions += 1;
      const source = log.subscribe(options);
      const items = deliver(source);
      const left = async () => {
        release();
        await source.return?.();
        return { done: true as const, value: undefined };
      };
      return { next: () => items.next(), return: left, [Symbol.asyncIterator]: () => items };
    },
  });
  return { broken, log: wrapped, release: () => release() };
}

describe('a directory that is behind', () => {
  it('says so after a while, and for how long', async () => {
    const { broken, log, release } = brokenLog(new InMemoryEventLog());
    const { house, directory } = await opened(log);
    expect(await directory.awaitWritten()).toBeNull();
    broken.holds = true;
    await answerOf(house, human(ada, 'ada'));
    const refusal = await directory.awaitWritten();
    expect(refusal).toEqual({ code: 'not-yet', behindMs: expect.any(Number) });
    expect(refusal?.behindMs).toBeGreaterThanOrEqual(waitMaxMs - 100);
    broken.holds = false;
    release();
    await until(() => directory.behindMs === 0);
    expect(await directory.awaitWritten()).toBeNull();
    expect(usersIn(directory, organizationId)).toEqual([streamOf(ada)]);
  });

  it('is not waited for where others write what no list shows', async () => {
    const { broken, log, release } = brokenLog(new InMemoryEventLog());
    const { directory, house } = await opened(log);
    await answerOf(house, human(ada, 'ada'));
    expect(await directory.awaitWritten()).toBeNull();
    broken.holds = true;
    const foreign = { id: crypto.randomUUID(), type: 'user.locked', data: {} };
    const metadata = { time: new Date(house.clock.now).toISOString() };
    await house.parts.log.append('user-x', [{ ...foreign, metadata }], 'no-stream');
    expect(directory.behindMs).toBe(0);
    broken.holds = false;
    release();
  });

  it('follows again after trouble, from where it was', async () => {
    const { broken, log } = brokenLog(new InMemoryEventLog());
    const { house, directory, troubles } = await opened(log);
    await answerOf(house, human(ada, 'ada'));
    expect(await directory.awaitWritten()).toBeNull();
    broken.breaks = true;
    await answerOf(house, human(bob, 'bob'));
    await until(() => troubles.length >= 2);
    broken.breaks = false;
    await until(() => directory.usersOf(organizationId).size === 2);
    expect([...directory.usersOf(organizationId)]).toEqual([
      [streamOf(ada), 0],
      [streamOf(bob), 1],
    ]);
    expect(String(troubles[0])).toContain('the disk is gone');
  });

  it('follows again where what it followed just ended', async () => {
    const { broken, log } = brokenLog(new InMemoryEventLog());
    const { house, directory } = await opened(log);
    expect(await directory.awaitWritten()).toBeNull();
    broken.ends = true;
    await answerOf(house, human(ada, 'ada'));
    await until(() => broken.subscriptions >= 3);
    broken.ends = false;
    await until(() => directory.usersOf(organizationId).size === 1);
    expect(directory.isReady).toBe(true);
  });
});

describe('a directory that is closed', () => {
  it('ends while it waits for the log, and follows no more', async () => {
    const { broken, log } = brokenLog(new InMemoryEventLog());
    const { directory } = await opened(log);
    expect(await directory.awaitWritten()).toBeNull();
    await directory.close();
    expect(broken.subscriptions).toBe(1);
  });

  it('ends while it waits to follow again', async () => {
    const { broken, log } = brokenLog(new InMemoryEventLog());
    broken.breaks = true;
    const { directory, troubles } = await opened(log);
    await until(() => troubles.length >= 4);
    const before = broken.subscriptions;
    const since = performance.now();
    await directory.close();
    expect(performance.now() - since).toBeLessThan(retryDelayMsMax / 2);
    expect(broken.subscriptions).toBe(before);
  });

  it('lets nobody wait', async () => {
    const directory = new Directory(new InMemoryEventLog(), () => undefined);
    const waiting = directory.awaitWritten();
    await directory.close();
    expect(await waiting).toMatchObject({ code: 'not-yet' });
  });

  it('ends, too, when the log closed first', async () => {
    const log = new InMemoryEventLog();
    const troubles: unknown[] = [];
    const directory = new Directory(log, (error) => troubles.push(error));
    directory.start();
    await until(() => directory.isReady);
    await log.close();
    await until(() => troubles.length > 0);
    await directory.close();
  });
});

it('nobody is left of whom the log says no more than that a key was deleted', async () => {
  const log = new InMemoryEventLog();
  const metadata = { time: '2030-01-01T00:00:00.000Z', organization: organizationId };
  const write = (stream: string, ...types: string[]) =>
    log.append(
      stream,
      types.map((type) => ({ id: crypto.randomUUID(), type, data: {}, metadata })),
      'no-stream',
    );
  await write('organization-x', 'org.added');
  await write('user-x', 'user.machine.added', 'user.erased');
  await write('user-y', 'user.machine.added');
  const directory = new Directory(log, () => undefined);
  directory.start();
  await until(() => directory.isReady);
  expect(usersIn(directory, organizationId)).toEqual(['user-y']);
  await directory.close();
});

it('what is written is noted before it is acknowledged', async () => {
  const { directory, log } = Directory.over({ log: new InMemoryEventLog(), onTrouble: () => undefined });
  const metadata = { time: '2030-01-01T00:00:00.000Z', organization: organizationId };
  const added = { id: crypto.randomUUID(), type: 'org.added', data: {}, metadata };
  const { position } = await log.append('organization-x', [added], 'no-stream');
  expect(position > ('0' as Position)).toBe(true);
  directory.start();
  expect(await directory.awaitWritten()).toBeNull();
  expect([...directory.organizations()]).toEqual([organizationId]);
  await directory.close();
});
