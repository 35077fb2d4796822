// What stood in the log before a race: people with wrong guesses behind them, a registration that waits, or
// recovery codes.

import { GenerateRecoveryCodes } from '#application/recovery-codes/generate-recovery-codes.js';
import { organizationId } from '#application/testing/house.js';
import { shown } from '#application/testing/shown.js';
import { StartTotpRegistration } from '#application/totp/start-totp-registration.js';
import type { AccountEvent } from '#domain/account/events.js';
import type { Instant, TotpId } from '#domain/ids.js';
import { defaultSettings } from '#domain/organization/settings.js';
import { base32Decode } from '#secrets/base32.js';
import { newId } from '#secrets/ids.js';
import { newTotpSecret } from '#secrets/totp.js';
import {
  addPerson,
  appendPast,
  callOf,
  type Neighbours,
  type Person,
  raceTime,
  sealSeed,
} from '#test/faults/race-houses.js';

const dayMs = 86_400_000;
const hourMs = 3_600_000;

interface Happened {
  readonly at: Instant;
  readonly event: AccountEvent;
}

/** So many wrong guesses in a row, all of them long enough ago that nobody has to wait. */
export async function personAfter(neighbours: Neighbours, failures: number): Promise<Person> {
  const person = await addPerson(neighbours);
  await appendPast(neighbours, person, wrongGuesses(person.phone, failures, raceTime - dayMs));
  return person;
}

/** So many failures of the phone in a row, and nobody has to wait for them: a watch was right since. */
export async function personNearCap(neighbours: Neighbours, failures: number): Promise<Person> {
  const person = await addPerson(neighbours);
  const watch = newId() as TotpId;
  const secret = await sealSeed(neighbours, person, watch, newTotpSecret());
  const { totpParameters: parameters } = defaultSettings;
  const type = 'user.human.mfa.otp.imported';
  await appendPast(neighbours, person, [
    { at: raceTime - 20 * dayMs, event: { type, totpId: watch, name: null, secret, parameters } },
    ...wrongGuesses(person.phone, failures, raceTime - 10 * dayMs),
    succeeded(watch, 1_000, raceTime - dayMs),
  ]);
  return person;
}

/** So many wrong guesses in the window, with a success after every fourth, and after the last. */
export async function personNearExhaustion(neighbours: Neighbours, failures: number): Promise<Person> {
  const person = await addPerson(neighbours);
  const past = wrongGuesses(person.phone, failures, raceTime - 20 * dayMs).flatMap((guess, index) =>
    index % 4 === 3 ? [guess, succeeded(person.phone, 1_000 + index, guess.at)] : [guess],
  );
  await appendPast(neighbours, person, [...past, succeeded(person.phone, 2_000, raceTime - dayMs)]);
  return person;
}

export interface Registering extends Person {
  readonly pending: { readonly totpId: TotpId; readonly seed: Buffer };
}

export async function personRegistering(neighbours: Neighbours): Promise<Registering> {
  const person = await addPerson(neighbours);
  const { userId } = person;
  const by = callOf('preparation');
  const started = await neighbours.builder.run(new StartTotpRegistration({ organizationId, userId, by }));
  if (started.kind === 'rejected') throw new Error(JSON.stringify(started));
  const decoded = base32Decode(shown(started.answer).secret);
  if (decoded.kind !== 'seed') throw new Error(JSON.stringify(decoded));
  return { ...person, pending: { totpId: started.answer.totpId, seed: decoded.bytes } };
}

export async function personWithRecoveryCodes(neighbours: Neighbours) {
  const person = await addPerson(neighbours);
  const { userId } = person;
  const by = callOf('preparation');
  const command = new GenerateRecoveryCodes({ organizationId, userId, count: 2, by });
  const generated = await neighbours.builder.run(command);
  if (generated.kind === 'rejected') throw new Error(JSON.stringify(generated));
  return { person, codes: shown(generated.answer).codes };
}

function wrongGuesses(totpId: TotpId, many: number, since: Instant): Happened[] {
  const type = 'user.human.mfa.otp.check.failed';
  const event: AccountEvent = { type, totpIds: [totpId], reason: 'wrong', purpose: null };
  return Array.from({ length: many }, (_, index) => ({ at: since + index * 2 * hourMs, event }));
}

const succeeded = (totpId: TotpId, step: number, at: Instant): Happened => ({
  at,
  event: { type: 'user.human.mfa.otp.check.succeeded', totpId, step, purpose: null },
});
