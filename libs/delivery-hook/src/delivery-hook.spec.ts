import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { giveUpAfterMs } from '#delivery-hook/backoff.js';
import { ProgressUnreadable } from '#delivery-hook/delivery-hook.js';
import { progressIn } from '#delivery-hook/progress.js';
import { ClaimLost } from '#delivery-hook/progress-store.js';
import type { Sent } from '#delivery-hook/send.js';
import {
  device,
  HookHouse,
  imported,
  notTaken,
  opened,
  seal,
  stuck,
  taken,
  until,
} from '#delivery-hook/testing/hook-house.js';
import { waitingMax, waitingPerUserMax } from '#delivery-hook/waiting-users.js';
import { acme, removed } from '#domain/testing/factors.js';
import { unavailable } from '#event-log/errors.js';
import { logStart } from '#event-log/event-log.js';
import { logWith } from '#event-log/log-with.js';

let house: HookHouse;
beforeEach(() => {
  house = new HookHouse();
});
afterEach(() => house.close());

const enrol = (user: string, number: number) => house.enrol(user, number);
const kept = () => progressIn(house.store.text ?? '');

describe('deliveries', () => {
  it('begin at the end of the log, at first', async () => {
    await house.add('ada');
    await enrol('ada', 1);
    await house.open();
    const id = await enrol('ada', 2);
    await until(() => house.delivered.length > 0);
    expect(house.delivered).toEqual([id]);
  });

  it('say who it was, what happened, when, and where, and nothing else', async () => {
    await house.open();
    await house.add('ada');
    const id = await house.append('user-ada', imported(1), { session: 'a session' });
    await until(() => house.delivered.length > 0);
    expect(JSON.parse(house.tried[0]?.body ?? '')).toEqual({
      id,
      type: 'factor.added',
      time: '2030-01-02T00:00:00.000Z',
      userId: 'ada',
      organizationId: 'acme',
      sessionId: 'a session',
      factor: 'totp',
      factorId: 'device 1',
    });
  });

  it('go on where they were, and repeat nothing after an orderly end', async () => {
    await house.open();
    await house.add('ada');
    const first = await enrol('ada', 1);
    await until(() => house.delivered.length === 1);
    await house.close();
    const second = await enrol('ada', 2);
    await house.open();
    await until(() => house.delivered.length === 2);
    expect(house.tried.map(({ id }) => id)).toEqual([first, second]);
  });

  it('are tried again with the same id until they are taken', async () => {
    house.sending = () => (house.tried.length < 4 ? notTaken : taken);
    await house.open();
    await house.add('ada');
    const id = await enrol('ada', 1);
    await until(() => house.delivered.length > 0);
    expect(house.tried.map((tried) => tried.id)).toEqual([id, id, id, id]);
    expect(house.failed).toEqual(['status', 'status', 'status']);
  });

  it('of a user come in order, whatever fails in between', async () => {
    let attempts = 0;
    house.sending = () => {
      attempts += 1;
      return attempts % 3 === 0 ? taken : notTaken;
    };
    await house.open();
    await house.add('ada');
    const ids: string[] = [];
    for (let number = 0; number < 10; number += 1) ids.push(await enrol('ada', number));
    await until(() => house.delivered.length === 10);
    expect(house.delivered).toEqual(ids);
    expect(house.tried.map(({ id }) => ids.indexOf(id))).toEqual(
      ids.flatMap((_, index) => [index, index, index]),
    );
  });

  it('of others go on while those of one are stuck', async () => {
    house.sending = (tried, cut) => (tried.userId === 'ada' ? stuck(tried, cut) : taken);
    await house.open();
    await house.add('ada');
    await enrol('ada', 1);
    await enrol('ada', 2);
    const others = Array.from({ length: 20 }, (_, number) => `bob-${number}`);
    for (const user of others) {
      await house.add(user);
      await enrol(user, 1);
    }
    await until(() => house.delivered.length === others.length);
    expect(house.tried.filter(({ userId }) => userId === 'ada')).toHaveLength(1);
  });

  it('of sessions come in order with those of their user, and name the session', async () => {
    await house.open();
    await house.add('ada');
    await enrol('ada', 1);
    const checked = {
      type: 'session.user.checked',
      user: 'ada',
      userId: seal('ada'),
      organizationId: acme,
      generation: 0,
      at: null,
    } as const;
    const id = await house.append('session-42', checked);
    await enrol('ada', 2);
    await until(() => house.delivered.length === 3);
    expect(house.tried.map(({ type }) => type)).toEqual(['factor.added', 'session.added', 'factor.added']);
    const body = { id, type: 'session.added', userId: 'ada', organizationId: 'acme', sessionId: '42' };
    expect(JSON.parse(house.tried[1]?.body ?? '')).toEqual({ ...body, time: '2030-01-02T00:00:00.000Z' });
  });

  it('of an organization name it, and nobody', async () => {
    await house.open();
    const periodStart = Date.UTC(2030, 0);
    const reached = { quota: 'turns', percent: 80, used: 80, ceiling: 100 } as const;
    const organization = { organization: acme };
    const id = await house.append(
      'organization-acme',
      { type: 'org.quota.reached', ...reached, periodStart },
      organization,
    );
    await house.append('organization-acme', { type: 'org.changed', name: 'Acme' }, organization);
    await until(() => house.delivered.length === 1);
    const who = { userId: null, organizationId: 'acme', sessionId: null };
    expect(house.tried.map(({ body }) => JSON.parse(body))).toEqual([
      {
        id,
        type: 'quota.reached',
        time: '2030-01-02T00:00:00.000Z',
        ...who,
        ...reached,
        periodStart: '2030-01-01T00:00:00.000Z',
      },
    ]);
  });

  it('say nothing of an enrolment that was never finished, nor of whoever is erased', async () => {
    const { promise: erased, resolve: erase } = Promise.withResolvers<null>();
    await house.open({
      open: async ({ stream, sealed }) => (stream === 'user-eve' ? erased : opened(sealed)),
    });
    await house.add('eve');
    await enrol('eve', 1);
    await house.add('ada');
    await house.append('user-ada', removed(device(1)));
    const id = await enrol('ada', 1);
    erase(null);
    await until(() => house.delivered.length > 0 && house.hook?.waiting === 0);
    expect(house.tried.map((tried) => tried.id)).toEqual([id]);
  });
});

describe('what is kept', () => {
  it('has what was not taken, so that a process that is killed loses none of it', async () => {
    house.sending = stuck;
    await house.open();
    await house.add('ada');
    const ids = [await enrol('ada', 1), await enrol('ada', 2)];
    await until(() => kept()?.waiting.length === 2);
    const next = new HookHouse();
    Object.assign(next, { log: house.log });
    next.store.text = house.store.text;
    await next.open();
    await until(() => next.delivered.length === 2);
    await next.close();
    expect(next.delivered).toEqual(ids);
  });

  it('never goes further than what was told or waits, also where nothing can be written', async () => {
    await house.open();
    house.store.failing = new Error('the disk is full');
    await house.add('ada');
    const id = await enrol('ada', 1);
    await until(() => house.delivered.length === 1 && house.troubles.length > 0);
    const text = house.store.text;
    await house.close();
    expect(house.store.text).toBe(text);
    house.store.failing = null;
    await house.open();
    await until(() => house.delivered.length === 2);
    expect(house.delivered).toEqual([id, id]);
  });

  it('of another log means nothing: deliveries begin at the end of this one', async () => {
    const other = new HookHouse();
    await other.open();
    await other.close();
    house.store.text = other.store.text;
    await house.add('ada');
    await enrol('ada', 1);
    await house.open();
    await until(() => house.begunAnew === 1);
    const id = await enrol('ada', 2);
    await until(() => house.delivered.length > 0);
    expect(house.delivered).toEqual([id]);
    await house.close();
    expect(kept()?.log).toBe(await house.log.identity());
  });

  it('beyond the end of the log is of a log that was cut, where nobody else writes to it', async () => {
    await house.open();
    await house.close();
    house.store.text = JSON.stringify({ ...kept(), v: 1, position: '9999999999999999' });
    await house.open({ soleWriter: false });
    expect(house.begunAnew).toBe(0);
    await house.close();
    await house.open();
    await until(() => house.begunAnew === 1);
  });

  it('by another release is left alone, and nothing is delivered', async () => {
    house.store.text = '{"v":2}';
    await expect(house.open()).rejects.toThrow(ProgressUnreadable);
    expect(house.store.text).toBe('{"v":2}');
  });

  it('by another server from now on ends the turn, and writes nothing', async () => {
    let turns = 0;
    await house.open({
      inTurn: async (deliver, closing) => {
        turns += 1;
        if (turns === 1) await deliver(closing);
      },
    });
    await house.add('ada');
    house.store.failing = new ClaimLost();
    const before = house.store.text;
    await enrol('ada', 1);
    await until(() => turns > 1);
    expect(house.store.text).toBe(before);
    expect(house.troubles).toEqual([]);
  });
});

describe('what is given up', () => {
  it('was not taken for a day, and is told and kept; the next of the user comes then', async () => {
    house.sending = ({ type }) => (type === 'factor.added' ? notTaken : taken);
    await house.open();
    await house.add('ada');
    const id = await enrol('ada', 1);
    await until(() => house.tried.length > 2);
    expect(house.givenUp).toEqual([]);
    house.now += giveUpAfterMs;
    const next = await house.append('user-ada', removed(device(1)));
    await until(() => house.delivered.length > 0);
    expect(house.delivered).toEqual([next]);
    expect(house.givenUp).toMatchObject([{ id, reason: 'not-taken', type: imported(1).type }]);
    await house.close();
    expect(kept()?.givenUp).toEqual(house.givenUp);
    expect(kept()?.waiting).toEqual([]);
  });

  it('is the older of those that crowd behind one user, never the one that is tried', async () => {
    house.sending = stuck;
    await house.open();
    await house.add('ada');
    const ids: string[] = [];
    for (let number = 0; number < waitingPerUserMax + 3; number += 1) ids.push(await enrol('ada', number));
    await until(() => house.givenUp.length === 3);
    expect(house.givenUp.map(({ id }) => id)).toEqual(ids.slice(1, 4));
    expect(house.givenUp.map(({ reason }) => reason)).toEqual(['too-many', 'too-many', 'too-many']);
    expect(house.hook?.waiting).toBe(waitingPerUserMax);
  });

  it('is nothing where many users wait: the log is read on when there is room', async () => {
    house.sending = stuck;
    await house.open();
    const users = Array.from({ length: waitingMax / waitingPerUserMax + 1 }, (_, number) => `user-${number}`);
    for (const user of users) {
      await house.add(user);
      for (let number = 0; number < waitingPerUserMax; number += 1) await enrol(user, number);
    }
    await until(() => kept()?.waiting.length === waitingMax);
    expect(house.hook?.waiting).toBe(waitingMax);
    await house.close();
    expect(house.givenUp).toEqual([]);
    const [left] = await house.log.readAll({
      direction: 'forward',
      after: kept()?.position ?? logStart,
      limit: 1,
    });
    expect(left?.stream).toBe(`user-${users.at(-1)}`);
  });

  it('cannot be read, and holds up nobody', async () => {
    const broken = new Error('it does not open here');
    await house.open({
      open: async ({ stream, sealed }) => {
        if (stream === 'user-ada') throw broken;
        return opened(sealed);
      },
    });
    await house.add('ada');
    const id = await enrol('ada', 1);
    await until(() => house.givenUp.length > 0);
    expect(house.givenUp).toMatchObject([{ id, reason: 'unreadable' }]);
    expect(house.troubles).toEqual([broken]);
  });
});

describe('a log that is away', () => {
  it('is waited for, and costs no notice its time', async () => {
    let away = 2;
    const log = logWith(house.log, {
      readStream: (...asked) => {
        away -= 1;
        return away >= 0 ? Promise.reject(unavailable('away')) : house.log.readStream(...asked);
      },
    });
    await house.open({ log, soleWriter: false });
    await house.add('ada');
    const id = await enrol('ada', 1);
    house.now += 2 * giveUpAfterMs;
    await until(() => house.delivered.length > 0);
    expect(house.delivered).toEqual([id]);
    expect(house.givenUp).toEqual([]);
    expect(house.troubles).toHaveLength(2);
  });
});

describe('an end', () => {
  it('does not wait for a receiver that does not answer', async () => {
    house.sending = stuck;
    await house.open();
    await house.add('ada');
    const id = await enrol('ada', 1);
    await until(() => house.tried.length === 1);
    await house.close();
    expect(kept()?.waiting).toMatchObject([{ id, failures: 0 }]);
    expect(house.failed).toEqual([]);
  });

  it('lets an answer come that is on its way', async () => {
    house.sending = (tried, cut) =>
      Promise.race([stuck(tried, cut), new Promise<Sent>((settle) => setTimeout(() => settle(taken), 100))]);
    await house.open();
    await house.add('ada');
    await enrol('ada', 1);
    await until(() => house.tried.length === 1);
    await house.close();
    expect(kept()?.waiting).toEqual([]);
  });
});
