// A flood of passwords: who comes while too many wait is told so for next to nothing, by every command that would
// hash one or compare with one.

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { PasswordShown } from '#application/password/changing.js';
import { type Attempt, answerOf, attempt } from '#application/testing/attempt.js';
import { by, type House, organizationId } from '#application/testing/house.js';
import {
  cheap,
  cheapSecrets,
  creating,
  givePassword,
  openLoggingIn,
  password,
  setting,
} from '#application/testing/logins.js';
import { anotherPassword, passwordOf, setPasswordBy } from '#application/testing/passwords.js';
import { ada, bob, human } from '#application/testing/people.js';
import { her, type Sent, sentTo } from '#application/testing/sent.js';
import { ChangeHumanUser, PasswordChangeFields } from '#application/user/change-human-user.js';
import { EraseUser } from '#application/user/erase-user.js';
import type { SessionId, UserId } from '#domain/ids.js';
import { InMemoryEventLog } from '#event-log/in-memory.js';
import { logWith } from '#event-log/log-with.js';
import { HashLane } from '#secrets/hash-lane.js';
import { Passwords } from '#secrets/passwords.js';

let house: House;
let lane: HashLane;
let reads: number;
let hash: string;
let sessionId: SessionId;
beforeEach(async () => {
  const log = new InMemoryEventLog();
  const counted = logWith(log, {
    readStream: (...asked) => {
      reads += 1;
      return log.readStream(...asked);
    },
  });
  lane = new HashLane({ concurrent: 1, waitingMax: 0 });
  const passwords = new Passwords({ lane, workFactor: cheap });
  const secrets = { ...(await cheapSecrets()), passwords };
  // Where others write, too, each command has to read.
  house = await openLoggingIn({ log: counted, secrets, soleWriter: false });
  await answerOf(house, human(ada, 'ada'));
  await givePassword(house, ada);
  ({ sessionId } = await answerOf(house, creating(null)));
  hash = await passwords.hash(anotherPassword);
});
afterEach(() => house.close());

const imported = () => passwordOf(hash, { form: 'hash' });
const changingBy = (way: PasswordShown['way'], wanted = passwordOf(anotherPassword)) =>
  new ChangeHumanUser({
    ...her,
    phone: '+41 1',
    password: new PasswordChangeFields({
      password: wanted,
      shown: new PasswordShown({ way, text: password }),
    }),
    by,
  });

/** While one is hashed, and none may wait. */
async function whileFull<Told>(run: () => Promise<Told>): Promise<{ told: Told; reads: number }> {
  reads = 0;
  const working = lane.hash('another', cheap);
  const told = await run();
  const result = { told, reads };
  await working;
  return result;
}

type Wanted = () => Parameters<House['run']>[0];

const dear: readonly (readonly [string, Wanted])[] = [
  ['a session with a password', () => creating({ userId: ada }, { password })],
  ['a session of nobody', () => creating({ loginName: 'nobody-is-called-that' }, { password })],
  ['a session that shows one later', () => setting(sessionId, { user: { userId: ada }, password })],
  ['a password that an administrator sets', () => setPasswordBy('administrator', '')],
  ['a password for the present one', () => setPasswordBy('current-password', password)],
  ['a password for a code', () => setPasswordBy('code', 'K7PX2M')],
  ['a hash for the present one', () => setPasswordBy('current-password', password, imported())],
  ['a change of a person and their password', () => changingBy('administrator')],
  ['such a change for the present one', () => changingBy('current-password')],
  ['such a change for a code', () => changingBy('code')],
  ['such a change to a hash, for the present one', () => changingBy('current-password', imported())],
  ['a person who comes with one', () => human(bob, 'bob', { password: passwordOf(anotherPassword) })],
];

const cheaply: readonly (readonly [string, Wanted])[] = [
  ['a session without a password', () => creating({ userId: ada })],
  ['a hash that an administrator brings', () => setPasswordBy('administrator', '', imported())],
  ['a change of a person alone', () => new ChangeHumanUser({ ...her, phone: '+41 1', by })],
  ['such a change to a hash that an administrator brings', () => changingBy('administrator', imported())],
  ['a person who comes with a hash', () => human(bob, 'bob', { password: imported() })],
  ['a person who comes without', () => human(bob, 'bob')],
];

describe('while too many passwords wait', () => {
  it.each(dear)('%s is refused with a wait, and nothing is read', async (_, wanted) => {
    expect(await whileFull(() => house.run(wanted()))).toEqual({
      told: { kind: 'rejected', refusal: { code: 'busy', retryAfterMs: 1_000 } },
      reads: 0,
    });
  });

  it.each(cheaply)('%s is not', async (_, wanted) => {
    expect((await whileFull(() => house.run(wanted()))).told).toMatchObject({ kind: 'accepted' });
  });
});

describe('who was added under a key, with a password', () => {
  const add = (call: Sent = {}, more: Parameters<typeof human>[2] = {}) =>
    human(null as unknown as UserId, 'grace', {
      userId: null,
      password: passwordOf(anotherPassword),
      emailVerification: 'code',
      by: sentTo(house, call),
      ...more,
    });
  /** Longer than it takes to find anybody. */
  const whileFullForLong = async (run: () => Promise<Attempt>): Promise<Attempt> => {
    const working = lane.hash('another', { memoryKibibytes: 65_536, passes: 8 });
    const told = await run();
    expect(lane.running).toBe(1);
    await working;
    return told;
  };
  const refusedAs = (code: string) => ({ outcome: { kind: 'rejected', refusal: { code } }, appended: [] });

  it('is found again while too many wait, also once the user is gone', async () => {
    const first = await answerOf(house, add());
    const found = { kind: 'accepted', answer: { userId: first.userId, emailCode: null }, repeated: true };
    const sendAgain = () => whileFullForLong(() => attempt(house, add()));
    expect(first.emailCode).not.toBeNull();
    expect(await sendAgain()).toMatchObject({ outcome: found, appended: [] });
    await answerOf(house, new EraseUser({ organizationId, userId: first.userId, by }));
    expect(await sendAgain()).toMatchObject({ outcome: found, appended: [] });
  });

  it('opens no way to a hash for anybody else: not by the key, nor by the id', async () => {
    const { userId } = await answerOf(house, add());
    const told = (command: ReturnType<typeof add>) => whileFullForLong(() => attempt(house, command));
    expect(await told(add({ request: 'another request' }))).toMatchObject(
      refusedAs('idempotency-key-reused'),
    );
    expect(await told(add({ key: 'another key' }))).toMatchObject(refusedAs('busy'));
    expect(await told(add({ caller: 'another caller' }))).toMatchObject(refusedAs('busy'));
    expect(await told(add({ key: 'another key' }, { userId }))).toMatchObject(refusedAs('busy'));
  });
});
