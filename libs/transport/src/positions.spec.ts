import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import { positionText } from '#event-log/counted-position.js';
import type { EventLog } from '#event-log/event-log.js';
import { InMemoryEventLog } from '#event-log/in-memory.js';
import { PositionTokens } from '#read-models/position-token.js';
import { statusCodes } from '#transport/call.js';
import { type Desk, openDesk, people } from '#transport/testing/desk.js';
import { refusalIn, saidIn, statusIn } from '#transport/testing/status.js';
import { openZitadelDesk, type ZitadelDesk } from '#transport/testing/zitadel-desk.js';

const name = 'x-countersign-position';
const { getUserByID, lockUser, listUsers } = UserService.method;

let log: EventLog;
let desk: Desk;
let tokens: PositionTokens;
let owner: { authorization: string };
beforeAll(async () => {
  log = new InMemoryEventLog();
  desk = await openDesk({ house: { log } });
  tokens = new PositionTokens(await log.identity());
  owner = { authorization: await desk.tokenOf('owner') };
});
afterAll(() => desk.close());

const lock = (person: 'ada' | 'grace' | 'reader', incoming = {}) =>
  desk.call(lockUser, { userId: people[person] }, { ...owner, ...incoming });
const look = (position: string | null) =>
  desk.call(getUserByID, { userId: people.ada }, { ...owner, position });

describe('the answer to a change', () => {
  it('names the place of its events in the log', async () => {
    const { kind, headers } = await lock('ada');
    expect(kind).toBe('answered');
    expect(tokens.positionIn(headers[name] ?? '')).toBe(await log.head());
  });

  it('names none where nothing was changed', async () => {
    await lock('grace');
    const again = await lock('grace');
    expect(saidIn(again)).toMatch('user-already-locked');
    expect(again.headers[name]).toBeUndefined();
  });

  it('names the place again where it is answered again', async () => {
    const keyed = { idempotencyKey: 'positions' };
    const first = await lock('reader', keyed);
    expect((await lock('reader', keyed)).headers[name]).toBe(first.headers[name]);
  });

  it('is never that of another call at the same time', async () => {
    const all = ['ada', 'grace', 'reader'] as const;
    const ours = new InMemoryEventLog();
    const busy = await openDesk({ house: { log: ours } });
    const authorization = await busy.tokenOf('owner');
    const before = await ours.head();
    const answers = await Promise.all(
      all.map((one) => busy.call(lockUser, { userId: people[one] }, { authorization })),
    );
    const places = await Promise.all(
      all.map(async (one) => {
        const stream = busy.house.application.userStream(people[one] as never);
        const page = await ours.readStream(stream, { direction: 'backward', from: 'end', limit: 1 });
        return page.status === 'found' ? page.events[0]?.position : null;
      }),
    );
    const theirs = new PositionTokens(await ours.identity());
    expect(answers.map(({ headers }) => theirs.positionIn(headers[name] ?? ''))).toEqual(places);
    expect(places.every((place) => (place ?? '') > before)).toBe(true);
    await busy.close();
  });
});

describe('the answer to a query', () => {
  it('names no place', async () => {
    expect((await look(null)).headers).toEqual({ 'x-request-id': 'request-1' });
  });

  it('is given the place that it has to show', async () => {
    desk.calls.length = 0;
    await look(tokens.tokenOf(positionText(3)));
    await look(null);
    expect(desk.calls.map(({ position }) => position)).toEqual([positionText(3), null]);
  });
});

describe('a place', () => {
  const ofAnother = new PositionTokens('another').tokenOf(positionText(3));

  it.each([
    ['of another log', ofAnother],
    ['that was cut', ofAnother.slice(0, -1)],
    ['that is empty', ''],
    ['without a sum', positionText(3)],
  ])('%s is refused, and its header named, before anything is done', async (_, position) => {
    desk.calls.length = 0;
    const refused = await look(position);
    expect(saidIn(refused)).toBe('3 position-unknown CSIGN-position-unknown');
    expect(statusIn(refused).message).toContain(name);
    expect(refusalIn(statusIn(refused))).toMatchObject({ field: name });
    const head = await log.head();
    expect(saidIn(await lock('ada', { position }))).toMatch('position-unknown');
    expect(await log.head()).toBe(head);
    expect(desk.calls).toEqual([]);
  });
});

describe('a list', () => {
  let zitadel: ZitadelDesk;
  beforeAll(async () => {
    zitadel = await openZitadelDesk();
  });
  afterAll(() => zitadel.close());

  it('that has to show what nobody has written yet says so, with how long that has been missing', async () => {
    const { parts } = zitadel.house;
    const beyond = new PositionTokens(parts.logIdentity).tokenOf(positionText(9_999_999));
    const as = { authorization: await zitadel.tokenOf('owner') };
    const answer = await zitadel.call({ ...as, position: beyond }, listUsers, {});
    expect(zitadel.failures).toEqual([]);
    expect(saidIn(answer)).toBe(`${statusCodes.unavailable} not-yet CSIGN-not-yet`);
    expect(refusalIn(statusIn(answer)).behindMs).toBeGreaterThanOrEqual(0n);
    const reached = await zitadel.call({ ...as, position: null }, listUsers, {});
    expect(reached.kind).toBe('answered');
  });
});
