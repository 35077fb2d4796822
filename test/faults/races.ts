// Races for one user: who enters, what stood in the log before, and what must come out whoever wins. What holds
// for every race is in race-judge.ts.

import { type House, organizationId } from '#application/testing/house.js';
import { StartTotpRegistration } from '#application/totp/start-totp-registration.js';
import { VerifyTotp } from '#application/totp/verify-totp.js';
import { eraseUser } from '#application/user/erase.js';
import { LockUser } from '#application/user/lock-user.js';
import type { AccountEvent } from '#domain/account/events.js';
import type { Instant, TotpId } from '#domain/ids.js';
import { defaultSettings } from '#domain/organization/settings.js';
import { newId } from '#secrets/ids.js';
import { newTotpSecret } from '#secrets/totp.js';
import type { Chance } from '#test/faults/chance.js';
import {
  addPerson,
  appendPast,
  callOf,
  codeAt,
  type Neighbours,
  type Person,
  raceTime,
  sealSeed,
  stepNow,
} from '#test/faults/race-houses.js';
import type { Told } from '#test/faults/race-judge.js';

export interface Entrant {
  readonly command: string;
  run(house: House, call: string): Promise<Answered>;
}

type Answered =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'rejected'; readonly refusal: { readonly code: string } };

export interface Prepared {
  readonly person: Person;
  readonly entrants: readonly Entrant[];
  /** What is wrong about what they were told. */
  readonly wrong: (count: Count) => string | null;
}

export type Count = (outcome: string, command?: string) => number;

export interface Race {
  readonly rule: string;
  readonly claim: string;
  readonly entrantsMax: number;
  prepare(neighbours: Neighbours, entrants: number, chance: Chance): Promise<Prepared>;
}

const long = 86_400_000;

export const races: readonly Race[] = [
  {
    rule: 'F36',
    claim: 'a right code, however it is spelled, is accepted once',
    entrantsMax: 64,
    prepare: async (neighbours, many, chance) => {
      const person = await addPerson(neighbours);
      const code = codeAt(person.seed, stepNow);
      const entrants = Array.from({ length: many }, () => verify(person, spelled(code, chance)));
      return { person, entrants, wrong: (count) => isNot(count('accepted'), 1) };
    },
  },
  {
    rule: 'F37',
    claim: 'of two neighbouring steps each is accepted once at most, and never the older after the newer',
    entrantsMax: 8,
    prepare: async (neighbours, many) => {
      const person = await addPerson(neighbours);
      const codes = [codeAt(person.seed, stepNow - 1), codeAt(person.seed, stepNow)];
      const entrants = Array.from({ length: many }, (_, index) => verify(person, codes[index % 2] ?? ''));
      return {
        person,
        entrants,
        wrong: (count) => (count('accepted') >= 1 && count('accepted') <= 2 ? null : `${count('accepted')}`),
      };
    },
  },
  {
    rule: 'F38',
    claim: 'as many wrong guesses are compared as there are before the delay',
    entrantsMax: 16,
    prepare: async (neighbours, many, chance) => {
      const person = await addPerson(neighbours);
      const before = chance.below(5);
      await appendPast(neighbours, person, wrongGuesses(person.phone, before, raceTime - long));
      return { ...guessing(person, many), wrong: comparesAtMost(5 - before, many) };
    },
  },
  {
    rule: 'F38',
    claim: 'as many wrong guesses are compared as a device has left',
    entrantsMax: 16,
    prepare: async (neighbours, many, chance) => {
      const before = chance.between(16, 19);
      const person = await personNearCap(neighbours, before);
      return { ...guessing(person, many), wrong: comparesAtMost(20 - before, many) };
    },
  },
  {
    rule: 'F38',
    claim: 'as many wrong guesses are compared as the window has left',
    entrantsMax: 16,
    prepare: async (neighbours, many, chance) => {
      const person = await addPerson(neighbours);
      const before = chance.between(26, 29);
      await appendPast(neighbours, person, interrupted(person.phone, before));
      return { ...guessing(person, many), wrong: comparesAtMost(30 - before, many) };
    },
  },
  {
    rule: 'F39',
    claim: 'a right code and the guess that trips the cap: a serial order decides, and both are told by it',
    entrantsMax: 2,
    prepare: async (neighbours) => {
      const person = await personNearCap(neighbours, 19);
      const right = verify(person, codeAt(person.seed, stepNow), person.phone);
      return {
        person,
        entrants: [right, verify(person, wrongCode(person), person.phone)],
        wrong: (count) =>
          isNot(count('wrong-code'), 1) ?? isNot(count('accepted') + count('totp-disabled'), 1),
      };
    },
  },
  {
    rule: 'F41',
    claim: 'registrations started at once leave one that waits, and it counts for nothing',
    entrantsMax: 4,
    prepare: async (neighbours, many) => {
      const person = await addPerson(neighbours);
      const starts = Array.from({ length: many - 1 }, () => start(person));
      return {
        person,
        entrants: [...starts, verify(person, codeAt(person.seed, stepNow))],
        wrong: (count) => isNot(count('accepted', 'verify'), 1),
      };
    },
  },
  {
    rule: 'F42',
    claim: 'no code is accepted, and none is counted, once the user is locked',
    entrantsMax: 4,
    prepare: async (neighbours, many) => {
      const person = await addPerson(neighbours);
      return {
        person,
        entrants: [lock(person), ...mixedGuesses(person, many - 1)],
        wrong: (count) => isNot(count('accepted', 'lock'), 1),
      };
    },
  },
  {
    rule: 'F44',
    claim: 'a code of a user who is being erased is right or refused, and never an exception',
    entrantsMax: 4,
    prepare: async (neighbours, many) => {
      const person = await addPerson(neighbours);
      return {
        person,
        entrants: [erase(person), ...mixedGuesses(person, many - 1)],
        wrong: (count) => isNot(count('accepted', 'erase'), 1),
      };
    },
  },
];

export function verify({ userId }: Person, code: string, totpId: TotpId | null = null): Entrant {
  return {
    command: 'verify',
    run: (house, call) =>
      house.run(new VerifyTotp({ organizationId, userId, code, totpId, by: callOf(call) })),
  };
}

function start({ userId }: Person): Entrant {
  return {
    command: 'start',
    run: (house, call) => house.run(new StartTotpRegistration({ organizationId, userId, by: callOf(call) })),
  };
}

function lock({ userId }: Person): Entrant {
  return {
    command: 'lock',
    run: (house, call) => house.run(new LockUser({ organizationId, userId, by: callOf(call) })),
  };
}

function erase({ userId }: Person): Entrant {
  return {
    command: 'erase',
    run: (house, call) => eraseUser(house.application, { organizationId, userId, by: callOf(call) }),
  };
}

function mixedGuesses(person: Person, many: number): Entrant[] {
  const codes = [codeAt(person.seed, stepNow - 1), wrongCode(person), codeAt(person.seed, stepNow)];
  return Array.from({ length: many }, (_, index) => verify(person, codes[index % codes.length] ?? ''));
}

function guessing(person: Person, many: number) {
  const entrants = Array.from({ length: many }, () => verify(person, wrongCode(person), person.phone));
  return { person, entrants };
}

/** An entrant who lost five times over was compared with nothing. */
const comparesAtMost = (left: number, many: number) => (count: Count) => {
  const compared = count('wrong-code');
  const least = Math.min(left, many - count('contended'));
  return compared >= least && compared <= left ? null : `${compared} were compared, not ${left}`;
};

export function wrongCode({ seed }: Pick<Person, 'seed'>): string {
  const right = [codeAt(seed, stepNow - 1), codeAt(seed, stepNow)];
  return ['314159', '271828', '141421'].find((code) => !right.includes(code)) ?? '';
}

function spelled(code: string, chance: Chance): string {
  const fullWidth = [...code].map((digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0)).join('');
  return chance.pick([code, code, `${code.slice(0, 3)} ${code.slice(3)}`, ` ${code}`, fullWidth]);
}

interface Happened {
  readonly at: Instant;
  readonly event: AccountEvent;
}

function wrongGuesses(totpId: TotpId, many: number, since: Instant): Happened[] {
  const event: AccountEvent = {
    type: 'user.human.mfa.otp.check.failed',
    totpIds: [totpId],
    reason: 'wrong',
    purpose: null,
  };
  return Array.from({ length: many }, (_, index) => ({ at: since + index * 7_200_000, event }));
}

const succeeded = (totpId: TotpId, step: number, at: Instant): Happened => ({
  at,
  event: { type: 'user.human.mfa.otp.check.succeeded', totpId, step, purpose: null },
});

/** Wrong guesses, with a success after every fourth, and after the last. */
function interrupted(totpId: TotpId, many: number): Happened[] {
  const all = wrongGuesses(totpId, many, raceTime - 20 * long).flatMap((guess, index) =>
    index % 4 === 3 ? [guess, succeeded(totpId, 1_000 + index, guess.at)] : [guess],
  );
  return [...all, succeeded(totpId, 2_000, raceTime - long)];
}

/** So many failures of the phone in a row, and none that would make anybody wait: a watch was right since. */
async function personNearCap(neighbours: Neighbours, failures: number): Promise<Person> {
  const person = await addPerson(neighbours);
  const watch = newId() as TotpId;
  const secret = await sealSeed(neighbours, person, watch, newTotpSecret());
  const { totpParameters: parameters } = defaultSettings;
  await appendPast(neighbours, person, [
    {
      at: raceTime - 20 * long,
      event: { type: 'user.human.mfa.otp.imported', totpId: watch, name: null, secret, parameters },
    },
    ...wrongGuesses(person.phone, failures, raceTime - 10 * long),
    succeeded(watch, 1_000, raceTime - long),
  ]);
  return person;
}

const isNot = (found: number, wanted: number): string | null =>
  found === wanted ? null : `${found} instead of ${wanted}`;

export function counting(told: readonly Told[]): Count {
  return (outcome, command) =>
    told.filter((one) => one.outcome === outcome && (command === undefined || one.command === command))
      .length;
}
