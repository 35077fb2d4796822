// While more passwords wait to be hashed than may: whoever asks again for what is done needs no hash.

import { afterEach, beforeEach, expect, it } from '@jest/globals';

import { cheap, cheapSecrets } from '#application/testing/logins.js';
import { OrganizationService } from '#contract/zitadel/org/v2/org_service_pb.js';
import { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import { HashLane } from '#secrets/hash-lane.js';
import { Passwords } from '#secrets/passwords.js';
import { openZitadelDesk, type ZitadelDesk } from '#transport/testing/zitadel-desk.js';

const { addOrganization } = OrganizationService.method;
const { addHumanUser } = UserService.method;
const busy = '14 busy CSIGN-busy';

let desk: ZitadelDesk;
let lane: HashLane;
beforeEach(async () => {
  lane = new HashLane({ concurrent: 1, waitingMax: 0 });
  const passwords = new Passwords({ lane, workFactor: cheap });
  desk = await openZitadelDesk({ house: { house: { secrets: { ...(await cheapSecrets()), passwords } } } });
});
afterEach(() => desk.close());

const person = (name: string) => ({
  profile: { givenName: 'Grace', familyName: 'Hopper' },
  email: { email: `${name}@example.com` },
  passwordType: { case: 'password' as const, value: { password: 'correct horse battery' } },
});
const admin = (name: string) => ({ userType: { case: 'human' as const, value: person(name) } });

/** One is hashed for longer than it takes to find anything. */
async function whileFull<Told>(run: () => Promise<Told>): Promise<Told> {
  const working = lane.hash('another', { memoryKibibytes: 65_536, passes: 10 });
  const told = await run();
  expect(lane.running).toBe(1);
  await working;
  return told;
}

it('an organization that was added with its members is found again by its key, and no other is begun', async () => {
  const as = { person: 'root', idempotencyKey: 'first' } as const;
  const asked = { name: 'Once', admins: [admin('boss')] };
  const first = await desk.ask(as, addOrganization, asked);
  const { organizationId } = first;
  const more = { ...asked, admins: [admin('boss'), admin('more')] };
  const told = await whileFull(() =>
    Promise.all([
      desk.ask(as, addOrganization, asked),
      desk.said({ ...as, idempotencyKey: 'second' }, addOrganization, asked),
      desk.said({ ...as, idempotencyKey: null }, addOrganization, { ...asked, organizationId }),
      desk.said(as, addOrganization, more),
    ]),
  );
  expect(told).toEqual([first, busy, busy, '9 idempotency-key-reused CSIGN-idempotency-key-reused']);
});

it('a user who was added with a password is found again by its key', async () => {
  const as = { person: 'owner', idempotencyKey: 'user' } as const;
  const first = await desk.ask(as, addHumanUser, person('hopper'));
  const told = await whileFull(async () => [
    await desk.ask(as, addHumanUser, person('hopper')),
    await desk.said({ ...as, idempotencyKey: 'another' }, addHumanUser, person('lovelace')),
  ]);
  expect(told).toEqual([first, busy]);
});
