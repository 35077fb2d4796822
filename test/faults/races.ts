// Races for one user: who enters, what stood in the log before, and what must come out whoever wins. What holds
// for every race is in race-judge.ts.

import type { Chance } from '#test/faults/chance.js';
import {
  confirm,
  type Entrant,
  erase,
  generate,
  lock,
  recover,
  remove,
  removeByAdministrator,
  removeUser,
  resetFactors,
  start,
  verify,
} from '#test/faults/race-entrants.js';
import { addPerson, codeAt, type Neighbours, type Person, stepNow } from '#test/faults/race-houses.js';
import type { Told } from '#test/faults/race-judge.js';
import {
  personAfter,
  personNearCap,
  personNearExhaustion,
  personRegistering,
  personWithRecoveryCodes,
} from '#test/faults/race-pasts.js';

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
  /** Whether a key is erased in it. */
  readonly touchesKeys?: boolean;
  prepare(neighbours: Neighbours, entrants: number, chance: Chance): Promise<Prepared>;
}

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
      const before = chance.below(5);
      const person = await personAfter(neighbours, before);
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
      const before = chance.between(26, 29);
      const person = await personNearExhaustion(neighbours, before);
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
    rule: 'F40',
    claim: 'one recovery code is spent once, however many bring it',
    entrantsMax: 6,
    prepare: async (neighbours, many, chance) => {
      const { person, codes } = await personWithRecoveryCodes(neighbours);
      const code = codes[0] ?? '';
      const spellings = [code, code.toLowerCase(), code.replaceAll('-', ' ')];
      const entrants = Array.from({ length: many }, () => recover(person, chance.pick(spellings)));
      return { person, entrants, wrong: (count) => isNot(count('accepted'), 1) };
    },
  },
  {
    rule: 'F40',
    claim: 'once new recovery codes are made, no old one is spent',
    entrantsMax: 3,
    prepare: async (neighbours, many) => {
      const { person, codes } = await personWithRecoveryCodes(neighbours);
      const uses = Array.from({ length: many - 1 }, (_, index) => recover(person, codes[index] ?? ''));
      return {
        person,
        entrants: [generate(person), ...uses],
        wrong: (count) => isNot(count('accepted', 'generate'), 1),
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
    rule: 'F41',
    claim: 'a registration is confirmed once',
    entrantsMax: 8,
    prepare: async (neighbours, many) => {
      const person = await personRegistering(neighbours);
      const { totpId, seed } = person.pending;
      const codes = [codeAt(seed, stepNow), codeAt(seed, stepNow - 1)];
      const entrants = Array.from({ length: many }, (_, index) =>
        confirm(person, codes[index % 2] ?? '', index % 3 === 0 ? null : totpId),
      );
      return { person, entrants, wrong: (count) => isNot(count('accepted'), 1) };
    },
  },
  {
    rule: 'F41',
    claim: 'a registration is confirmed or cancelled, and never both',
    entrantsMax: 2,
    prepare: async (neighbours) => {
      const person = await personRegistering(neighbours);
      const { totpId, seed } = person.pending;
      return {
        person,
        entrants: [confirm(person, codeAt(seed, stepNow), totpId), remove(person, totpId)],
        wrong: (count) => isNot(count('accepted'), 1),
      };
    },
  },
  {
    rule: 'F41',
    claim: 'a registration that was replaced is not confirmed any more',
    entrantsMax: 4,
    prepare: async (neighbours, many) => {
      const person = await personRegistering(neighbours);
      const code = codeAt(person.pending.seed, stepNow);
      const starts = Array.from({ length: many - 1 }, () => start(person));
      return {
        person,
        entrants: [confirm(person, code, person.pending.totpId), ...starts],
        wrong: (count) => isNot(count('accepted', 'start'), many - 1),
      };
    },
  },
  {
    rule: 'F42',
    claim: 'no code is accepted, and none is counted, once its device is removed',
    entrantsMax: 4,
    prepare: async (neighbours, many) => {
      const person = await addPerson(neighbours);
      return {
        person,
        entrants: [removeByAdministrator(person, person.phone), ...mixedGuesses(person, many - 1)],
        wrong: (count) => isNot(count('accepted', 'remove'), 1),
      };
    },
  },
  {
    rule: 'F42',
    claim: 'one code removes its device or is accepted, and never both',
    entrantsMax: 2,
    prepare: async (neighbours) => {
      const person = await addPerson(neighbours);
      const code = codeAt(person.seed, stepNow);
      return {
        person,
        entrants: [remove(person, person.phone, code), verify(person, code)],
        wrong: (count) => isNot(count('accepted'), 1),
      };
    },
  },
  {
    rule: 'F42',
    claim: 'no code is accepted, and none is counted, once all factors are reset',
    entrantsMax: 4,
    prepare: async (neighbours, many) => {
      const person = await addPerson(neighbours);
      return {
        person,
        entrants: [resetFactors(person), ...mixedGuesses(person, many - 1)],
        wrong: (count) => isNot(count('accepted', 'reset'), 1),
      };
    },
  },
  {
    rule: 'F42',
    claim: 'no code is accepted, and none is counted, once the user is removed',
    entrantsMax: 4,
    prepare: async (neighbours, many) => {
      const person = await addPerson(neighbours);
      return {
        person,
        entrants: [removeUser(person), ...mixedGuesses(person, many - 1)],
        wrong: (count) => isNot(count('accepted', 'remove user'), 1),
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
    touchesKeys: true,
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

function wrongCode({ seed }: Pick<Person, 'seed'>): string {
  const right = [codeAt(seed, stepNow - 1), codeAt(seed, stepNow)];
  return ['314159', '271828', '141421'].find((code) => !right.includes(code)) ?? '';
}

function spelled(code: string, chance: Chance): string {
  const fullWidth = [...code].map((digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0)).join('');
  return chance.pick([code, code, `${code.slice(0, 3)} ${code.slice(3)}`, ` ${code}`, fullWidth]);
}

const isNot = (found: number, wanted: number): string | null =>
  found === wanted ? null : `${found} instead of ${wanted}`;

export function counting(told: readonly Told[]): Count {
  return (outcome, command) =>
    told.filter((one) => one.outcome === outcome && (command === undefined || one.command === command))
      .length;
}
