import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { organizationId } from '#application/testing/house.js';
import { OrganizationService } from '#contract/zitadel/org/v2/org_service_pb.js';
import { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import type { Incoming } from '#transport/call.js';
import { type Desk, openDesk, people } from '#transport/testing/desk.js';
import { saidIn } from '#transport/testing/status.js';

const { getUserByID, lockUser, verifyTOTPRegistration } = UserService.method;
const { listOrganizations } = OrganizationService.method;

let desk: Desk;
let ada: string;
let owner: string;
beforeAll(async () => {
  desk = await openDesk();
  ada = await desk.tokenOf('ada');
  owner = await desk.tokenOf('owner');
});
afterAll(() => desk.close());
beforeEach(() => {
  desk.calls.length = 0;
});

const look = (incoming: Partial<Incoming>) =>
  desk.call(listOrganizations, {}, { authorization: ada, ...incoming });
const keyed = () => desk.calls.map((call) => call.by.idempotency);

describe('an idempotency key', () => {
  it('makes a call once, and answers it again', async () => {
    const lock = () =>
      desk.call(lockUser, { userId: people.reader }, { authorization: owner, idempotencyKey: 'lock' });
    const first = await lock();
    const after = await desk.house.parts.log.head();
    expect(first.kind).toBe('answered');
    expect(await lock()).toEqual({
      ...first,
      headers: { ...first.headers, 'idempotent-replayed': 'true' },
    });
    expect(await desk.house.parts.log.head()).toEqual(after);
  });

  it('used for another call is refused', async () => {
    const incoming = { authorization: owner, idempotencyKey: 'once' };
    await desk.call(lockUser, { userId: people.grace }, incoming);
    const asked = { userId: people.grace };
    const refused = await desk.call(lockUser, asked, { ...incoming, organization: organizationId });
    expect(saidIn(refused)).toBe('9 idempotency-key-reused CSIGN-idempotency-key-reused');
  });

  it('stands for the method, the message and the organization that it came with', async () => {
    const incoming = { authorization: owner, idempotencyKey: 'one' };
    const [userId, code] = [people.owner, '123456'];
    await desk.call(getUserByID, { userId }, incoming);
    await desk.call(getUserByID, { userId }, { ...incoming, requestId: 'request-2', address: '192.0.2.9' });
    await desk.call(getUserByID, { userId: people.ada }, incoming);
    await desk.call(getUserByID, { userId }, { ...incoming, organization: organizationId });
    await desk.call(verifyTOTPRegistration, { userId }, incoming);
    await desk.call(verifyTOTPRegistration, { userId, code }, incoming);
    const [first, again, ...others] = keyed();
    expect(again).toEqual(first);
    expect(new Set(others.map((other) => other?.key))).toEqual(new Set([first?.key]));
    expect(new Set([first, ...others].map((one) => one?.request)).size).toBe(5);
  });

  it('of another caller is another key, and one that was left out is none', async () => {
    await look({ idempotencyKey: 'same' });
    await look({ idempotencyKey: 'same', authorization: owner });
    await look({});
    const [one, other, none = null] = keyed();
    expect(one?.key).not.toBe(other?.key);
    expect(none).toBeNull();
  });

  it.each(['', 'x'.repeat(256), 'zw\u00f6lf', 'a\nb'])(
    'is refused that is malformed: %j',
    async (idempotencyKey) => {
      expect(saidIn(await look({ idempotencyKey }))).toBe(
        '3 idempotency-key-malformed CSIGN-idempotency-key-malformed',
      );
      expect(desk.calls).toEqual([]);
    },
  );
});
