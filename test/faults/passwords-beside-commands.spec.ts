// Wrong passwords, many at once: as many are compared as the lane takes, the rest is told at once when to come again,
// and nobody else waits for them. Of counts, since how long anybody waits depends on what else the machine has to do.

import { afterAll, beforeAll, expect, it } from '@jest/globals';

import type { Outcome } from '#application/caller.js';
import { GenerateRecoveryCodes } from '#application/recovery-codes/generate-recovery-codes.js';
import { VerifyRecoveryCode } from '#application/recovery-codes/verify-recovery-code.js';
import { addDevice, codeOf, type Device } from '#application/testing/factors.js';
import { by, type House, organizationId } from '#application/testing/house.js';
import { creating, openLoggingIn, wrongPassword } from '#application/testing/logins.js';
import { ada, human } from '#application/testing/people.js';
import { realSecrets } from '#application/testing/secrets.js';
import { VerifyTotp } from '#application/totp/verify-totp.js';
import { HashLane } from '#secrets/hash-lane.js';
import { Passwords } from '#secrets/passwords.js';

const limits = { concurrent: 2, waitingMax: 40 };
const compared = limits.concurrent + limits.waitingMax;
const guesses = 300;

let house: House;
let phone: Device;
beforeAll(async () => {
  const recoveryHashes = new HashLane(limits);
  const passwords = new Passwords({ lane: recoveryHashes.beside() });
  house = await openLoggingIn({ secrets: { ...(await realSecrets()), recoveryHashes, passwords } });
  await house.run(human(ada, 'ada'));
  phone = await addDevice(house, ada);
  await house.run(new GenerateRecoveryCodes({ organizationId, userId: ada, count: 1, by }));
});
afterAll(() => house.close());

const codeIn = (outcome: Outcome<unknown, { readonly code: string }>): string =>
  outcome.kind === 'rejected' ? outcome.refusal.code : outcome.kind;

it(`${guesses} wrong passwords at once: the lane compares what it may, and refuses the rest with a wait`, async () => {
  const order: string[] = [];
  const told = Array.from({ length: guesses }, async (_, index) => {
    const outcome = await house.run(creating({ loginName: `nobody-${index}` }, { password: wrongPassword }));
    order.push(codeIn(outcome));
    return outcome;
  });
  // Whoever has another factor, and whoever is only named, waits for none of them.
  const others = [
    house.run(new VerifyTotp({ organizationId, userId: ada, code: codeOf(house, phone), by })),
    house.run(creating({ userId: ada })),
  ];
  for (const other of others) expect((await other).kind).toBe('accepted');
  expect(order.filter((code) => code === 'password-wrong').length).toBeLessThan(compared);
  const outcomes = Map.groupBy(await Promise.all(told), codeIn);
  // A place that is free again while others still come is taken again.
  const wrong = outcomes.get('password-wrong')?.length ?? 0;
  expect(wrong).toBeGreaterThanOrEqual(compared);
  expect(wrong).toBeLessThan(2 * compared);
  expect(outcomes.get('busy')).toHaveLength(guesses - wrong);
  expect(outcomes.get('busy')?.[0]).toMatchObject({ refusal: { retryAfterMs: expect.any(Number) } });
  // Those that were refused were told before those that were compared.
  expect(order.slice(0, guesses - 2 * compared).filter((code) => code !== 'busy').length).toBeLessThan(
    compared,
  );
}, 60_000);

it('a recovery code waits for one or two of the passwords that wait, and not for all of them', async () => {
  const done: string[] = [];
  const told = Array.from({ length: compared }, (_, index) =>
    house
      .run(creating({ loginName: `nobody-else-${index}` }, { password: wrongPassword }))
      .then((outcome) => done.push(codeIn(outcome))),
  );
  const code = house
    .run(new VerifyRecoveryCode({ organizationId, userId: ada, code: '0000-0000-0000-0000', by }))
    .then((outcome) => done.push(codeIn(outcome)));
  await code;
  expect(done.length).toBeLessThan(compared / 2);
  await Promise.all(told);
}, 60_000);
