// Recovery codes are dear to compare. Whoever sends many at once gets as many compared as the lane takes, and
// holds up nobody who has another factor.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, expect, it } from '@jest/globals';

import type { Outcome } from '#application/caller.js';
import { GenerateRecoveryCodes } from '#application/recovery-codes/generate-recovery-codes.js';
import { VerifyRecoveryCode } from '#application/recovery-codes/verify-recovery-code.js';
import { answerOf } from '#application/testing/attempt.js';
import { by, type House, organizationId } from '#application/testing/house.js';
import { masterKeys } from '#application/testing/secrets.js';
import type { UserId } from '#domain/ids.js';
import { HashLane } from '#secrets/hash-lane.js';
import { type Engines, openEngines, openHouseOn } from '#test/faults/embedded-house.js';
import { type Guarded, populate } from '#test/faults/rotation-under-load.js';
import { verifying } from '#test/faults/somebody.js';

const guesses = 200;
const limits = { concurrent: 2, waitingMax: 120 };
const compared = limits.concurrent + limits.waitingMax;
const others = 40;
/** Of all that hashing costs: were hashes made where commands run, it would be nearly all of it. */
const shareOfServingThreadMax = 0.25;
/** So many codes are verified beside them, with time in between: a thread that has room. */
const verifiedMax = 100;
const pauseMs = 5;

let scratch: string;
let engines: Engines;
let house: House;
let guessed: readonly Guarded[];
let honest: readonly Guarded[];
beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'countersign-lane-'));
  engines = await openEngines(scratch);
  const { people } = await populate(engines, masterKeys, {
    people: guesses + others,
    keys: guesses + others,
  });
  [guessed, honest] = [people.slice(0, guesses), people.slice(guesses)];
  const least = new HashLane({ concurrent: 2, waitingMax: guesses });
  const hash = (text: string) => least.hash(text, { memoryKibibytes: 8, passes: 1 });
  const quick = await openHouseOn(engines, {
    secrets: { recoveryHashes: { ...unused, hash } },
    soleWriter: true,
  });
  await Promise.all(
    guessed.map(({ userId }) =>
      answerOf(quick, new GenerateRecoveryCodes({ organizationId, userId, count: 1, by })),
    ),
  );
  await quick.close();
  const lane = new HashLane(limits);
  house = await openHouseOn(engines, { secrets: { recoveryHashes: lane }, soleWriter: true });
  await Promise.all(guessed.map(({ userId }) => atHand(userId)));
}, 60_000);
afterAll(async () => {
  await house.close();
  await engines.close();
  rmSync(scratch, { recursive: true });
});

/** So that all guesses come to the lane before the first of them is compared. */
async function atHand(userId: UserId): Promise<void> {
  const stream = house.application.userStream(userId);
  await house.application.accounts.streams.get(stream);
  await house.parts.secrets.keys.get(stream);
}

const never = () => Promise.reject(new Error('nothing is compared here'));
const unused = { verify: never, verifyDummy: never };

/** No selector of theirs is likely to be this one; a hash is made all the same. */
const guess = (userId: UserId) =>
  house.run(new VerifyRecoveryCode({ organizationId, userId, code: '0000-0000-0000-0000', by }));

/** How many codes are verified, one after the other, before it is over. */
async function verifiedUntil(isOver: () => boolean): Promise<number> {
  let verified = 0;
  while (verified < verifiedMax && !isOver()) {
    const index = verified % others;
    if (index === 0) house.clock.now += 30_000;
    await answerOf(house, verifying(house, honest[index] as Guarded));
    verified += 1;
    await delay(pauseMs);
  }
  return verified;
}

const microseconds = ({ user, system }: NodeJS.CpuUsage) => user + system;

it(`${guesses} guesses at recovery codes at once: the lane compares what it may, refuses the rest, and holds up nobody`, async () => {
  const head = await engines.log.head();
  const [thread, all] = [process.threadCpuUsage(), process.cpuUsage()];
  let isOver = false;
  const told = Promise.all(guessed.map(({ userId }) => guess(userId))).finally(() => {
    isOver = true;
  });
  const verified = await verifiedUntil(() => isOver);
  const outcomes = Map.groupBy(await told, codeOf);
  expect(outcomes.get('wrong-recovery-code')).toHaveLength(compared);
  expect(outcomes.get('busy')).toHaveLength(guesses - compared);
  const appended = await engines.log.readAll({ direction: 'forward', after: head, limit: 4_000 });
  const types = Map.groupBy(appended, ({ type }) => type);
  expect(types.get('user.human.mfa.recoverycode.check.failed')).toHaveLength(compared);
  expect([...types.keys()].toSorted()).toEqual([
    'user.human.mfa.otp.check.succeeded',
    'user.human.mfa.recoverycode.check.failed',
  ]);
  expect(verified).toBeGreaterThan(10);
  // Of processor time: how long anybody waits depends on what else the machine has to do.
  const share = microseconds(process.threadCpuUsage(thread)) / microseconds(process.cpuUsage(all));
  expect(share).toBeLessThan(shareOfServingThreadMax);
}, 60_000);

const codeOf = (outcome: Outcome<unknown, { readonly code: string }>): string =>
  outcome.kind === 'rejected' ? outcome.refusal.code : outcome.kind;
