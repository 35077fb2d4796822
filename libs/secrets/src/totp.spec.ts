import { createHmac } from 'node:crypto';
import { inspect } from 'node:util';

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { generateSync } from 'otplib';

import type { TotpAlgorithm, TotpParameters } from '#domain/totp/events.js';
import {
  diagnose,
  findConsecutive,
  matchingSteps,
  newTotpSecret,
  type TotpGuess,
  totpCode,
} from '#secrets/totp.js';

const usual: TotpParameters = { algorithm: 'SHA1', digits: 6, periodSeconds: 30 };
const rfcSeed = Buffer.from('12345678901234567890');
const rfcSeeds: Record<TotpAlgorithm, Buffer> = {
  SHA1: rfcSeed,
  SHA256: Buffer.from('12345678901234567890123456789012'),
  SHA512: Buffer.from('1234567890123456789012345678901234567890123456789012345678901234'),
};

/** RFC 4226 section 5.3 once more and by itself, so that two must be wrong in the same way. */
function reference(key: Buffer, { algorithm, digits }: TotpParameters, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac(algorithm, key).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 0x0f;
  return String((mac.readUInt32BE(offset) & 0x7fff_ffff) % 10 ** digits).padStart(digits, '0');
}

function byOtplib(key: Buffer, { algorithm, digits }: TotpParameters, counter: number): string {
  const name = algorithm.toLowerCase() as Lowercase<TotpAlgorithm>;
  return generateSync({ strategy: 'hotp', secret: key, counter, algorithm: name, digits });
}

/** A code of this step, tried with the default window of the current step and the one before. */
const guess = (overrides: Partial<TotpGuess>): TotpGuess => ({
  key: rfcSeed,
  parameters: usual,
  code: '000000',
  at: 0,
  driftSteps: 0,
  stepsPast: 1,
  stepsFuture: 0,
  ...overrides,
});

describe('RFC 4226 appendix D', () => {
  const codes = [
    '755224',
    '287082',
    '359152',
    '969429',
    '338314',
    '254676',
    '287922',
    '162583',
    '399871',
    '520489',
  ];

  it.each(codes.map((code, count) => [count, code] as const))('count %i gives %s', (count, code) => {
    const at = count * 30_000;
    expect(totpCode({ key: rfcSeed, parameters: usual, at })).toBe(code);
    expect(matchingSteps(guess({ code, at, stepsPast: 0 }))).toEqual([count]);
  });
});

describe('RFC 6238 appendix B', () => {
  it.each([
    [59, 'SHA1', '94287082'],
    [59, 'SHA256', '46119246'],
    [59, 'SHA512', '90693936'],
    [1_111_111_109, 'SHA1', '07081804'],
    [1_111_111_109, 'SHA256', '68084774'],
    [1_111_111_109, 'SHA512', '25091201'],
    [1_111_111_111, 'SHA1', '14050471'],
    [1_111_111_111, 'SHA256', '67062674'],
    [1_111_111_111, 'SHA512', '99943326'],
    [1_234_567_890, 'SHA1', '89005924'],
    [1_234_567_890, 'SHA256', '91819424'],
    [1_234_567_890, 'SHA512', '93441116'],
    [2_000_000_000, 'SHA1', '69279037'],
    [2_000_000_000, 'SHA256', '90698825'],
    [2_000_000_000, 'SHA512', '38618901'],
    [20_000_000_000, 'SHA1', '65353130'],
    [20_000_000_000, 'SHA256', '77737706'],
    [20_000_000_000, 'SHA512', '47863826'],
  ] as const)('at %i s, %s gives %s', (seconds, algorithm, code) => {
    const parameters: TotpParameters = { algorithm, digits: 8, periodSeconds: 30 };
    const subject = { key: rfcSeeds[algorithm], parameters, at: seconds * 1_000 };
    expect(totpCode(subject)).toBe(code);
    expect(matchingSteps(guess({ ...subject, code, stepsPast: 0 }))).toEqual([Math.floor(seconds / 30)]);
  });
});

describe('a code', () => {
  const parameters = fc.record<TotpParameters>({
    algorithm: fc.constantFrom('SHA1', 'SHA256', 'SHA512'),
    digits: fc.constantFrom(6, 8),
    periodSeconds: fc.constantFrom(30, 60),
  });
  const key = fc.uint8Array({ minLength: 16, maxLength: 64 }).map((bytes) => Buffer.from(bytes));
  const at = fc.integer({ min: 0, max: 4_000_000_000_000 });

  it('is the one that RFC 4226 and otplib compute, with any key, parameters and time', () => {
    fc.assert(
      fc.property(key, parameters, at, (anyKey, chosen, time) => {
        const step = Math.floor(time / 1_000 / chosen.periodSeconds);
        const code = reference(anyKey, chosen, step);
        expect(totpCode({ key: anyKey, parameters: chosen, at: time })).toBe(code);
        expect(byOtplib(anyKey, chosen, step)).toBe(code);
        expect(matchingSteps(guess({ key: anyKey, parameters: chosen, at: time, code }))).toContain(step);
      }),
    );
  });

  it('keeps its leading zeros, and does not fit without them', () => {
    const step = Array.from({ length: 100 }, (_, count) => count).find((count) =>
      reference(rfcSeed, usual, count).startsWith('0'),
    );
    const time = (step ?? -1) * 30_000;
    const code = totpCode({ key: rfcSeed, parameters: usual, at: time });
    expect(code).toMatch(/^0\d{5}$/);
    expect(matchingSteps(guess({ code, at: time }))).toEqual([step]);
    expect(matchingSteps(guess({ code: String(Number(code)), at: time }))).toEqual([]);
  });

  it.each([
    ['five digits', '55224'],
    ['seven digits', '7552240'],
    ['nothing', ''],
    ['a space', '755 24'],
    ['letters', '75522a'],
    ['digits of another script', '٧٥٥٢٢٤'],
    ['characters that lose their upper byte', '\u0137\u0135\u0135\u0132\u0132\u0134'],
    ['a line end', '75522\n'],
  ])('of %s fits nothing, and is no error', (_what, code) => {
    expect(matchingSteps(guess({ code }))).toEqual([]);
  });

  it('has one spelling: other ways to write the same number fit nothing', () => {
    const codes = Array.from({ length: 2_000 }, (_, count) => reference(rfcSeed, usual, count));
    const step = codes.findIndex((code) => /^00[1-9]/.test(code));
    const number = Number(codes[step]);
    const spellings = [
      `${number}  `,
      `  ${number}`,
      `\t${number}\n`,
      `+0${number}`,
      `${number}.0`,
      `${number}e0`,
      `0x${number.toString(16).padStart(4, '0')}`,
    ];
    expect(spellings.map(Number)).toEqual(spellings.map(() => number));
    expect(new Set(spellings.map(({ length }) => length))).toEqual(new Set([6]));
    const at = step * 30_000;
    expect(spellings.flatMap((code) => matchingSteps(guess({ code, at })))).toEqual([]);
    expect(matchingSteps(guess({ code: codes[step] as string, at }))).toEqual([step]);
  });

  it('fits nothing with a key of another device, another digest or another number of digits', () => {
    const code = totpCode({ key: rfcSeed, parameters: usual, at: 0 });
    expect(matchingSteps(guess({ code, key: Buffer.from('09876543210987654321') }))).toEqual([]);
    expect(matchingSteps(guess({ code, parameters: { ...usual, algorithm: 'SHA256' } }))).toEqual([]);
    expect(matchingSteps(guess({ code, parameters: { ...usual, digits: 8 } }))).toEqual([]);
  });
});

describe('the window', () => {
  const step = 58_000_000;
  const windows = [0, 1].flatMap((past) => [0, 1].map((future) => [past, future] as const));

  // From 65 s before the step begins to 65 s after, each second, and a millisecond to each side of it.
  const offsets = Array.from({ length: 131 }, (_, second) => (second - 65) * 1_000).flatMap((offset) => [
    offset - 1,
    offset,
    offset + 1,
  ]);

  it.each(
    ([30, 60] as const).flatMap((period) => windows.map(([past, future]) => [period, past, future] as const)),
  )(
    'of a device with %i s, with %i steps of past and %i of future, is exact to the millisecond',
    (period, past, future) => {
      const parameters: TotpParameters = { ...usual, periodSeconds: period };
      const begins = step * period * 1_000;
      const code = reference(rfcSeed, parameters, step);
      const seen = offsets.filter(
        (offset) =>
          matchingSteps(
            guess({ parameters, code, at: begins + offset, stepsPast: past, stepsFuture: future }),
          ).length > 0,
      );
      const isInside = (offset: number) =>
        offset >= -future * period * 1_000 && offset < (1 + past) * period * 1_000;
      expect(seen).toEqual(offsets.filter(isInside));
    },
  );

  it('moves with the drift of the device, and tells steps by its count', () => {
    const code = reference(rfcSeed, usual, step);
    const at = (drift: number) => (step - drift) * 30_000;
    expect(matchingSteps(guess({ code, at: at(7), driftSteps: 7 }))).toEqual([step]);
    expect(matchingSteps(guess({ code, at: at(-7), driftSteps: -7 }))).toEqual([step]);
    expect(matchingSteps(guess({ code, at: at(7) }))).toEqual([]);
    expect(matchingSteps(guess({ code, at: at(0), driftSteps: 2 }))).toEqual([]);
  });

  it('holds every step that has the code, earliest first', () => {
    const { first, second } = twins();
    const code = reference(rfcSeed, usual, first);
    const wide = guess({ code, at: second * 30_000, stepsPast: second - first + 3, stepsFuture: 2 });
    expect(matchingSteps(wide)).toEqual([first, second]);
  });

  it('begins with the first step there is', () => {
    expect(matchingSteps(guess({ code: '755224', at: 0, stepsPast: 5 }))).toEqual([0]);
    expect(matchingSteps(guess({ code: '755224', at: 29_999, driftSteps: -1, stepsFuture: 1 }))).toEqual([0]);
    expect(matchingSteps(guess({ code: '755224', at: 0, driftSteps: -9 }))).toEqual([]);
  });

  /** Two steps with the same code, near each other: chance makes some. */
  function twins(): { first: number; second: number } {
    const last = new Map<string, number>();
    for (let count = 0; count < 1_000_000; count += 1) {
      const code = reference(rfcSeed, usual, count);
      const first = last.get(code);
      if (first !== undefined && count - first < 500) return { first, second: count };
      last.set(code, count);
    }
    throw new Error('no two steps have the same code');
  }
});

describe('two codes in a row', () => {
  const ours = 58_000_000;
  const at = ours * 30_000 + 12_345;
  const codesFrom = (step: number) =>
    [reference(rfcSeed, usual, step), reference(rfcSeed, usual, step + 1)] as const;
  const search = (codes: readonly [string, string], driftSteps = 0) =>
    findConsecutive({ key: rfcSeed, parameters: usual, at, codes, driftSteps, stepsMax: 20 });

  it.each([-20, -3, -1, 0, 1, 4, 20])(
    'tell a device that is %i steps ahead, and spend the later',
    (drift) => {
      expect(search(codesFrom(ours + drift - 1))).toEqual({ step: ours + drift, driftSteps: drift });
    },
  );

  it('are looked for around the drift that is known', () => {
    expect(search(codesFrom(ours + 54), 40)).toEqual({ step: ours + 55, driftSteps: 55 });
    expect(search(codesFrom(ours - 56), -40)).toEqual({ step: ours - 55, driftSteps: -55 });
  });

  it.each([-21, 21, 1_000])('are not found %i steps away', (drift) => {
    expect(search(codesFrom(ours + drift - 1))).toBeNull();
  });

  it('are not found if the later comes first, if they are not in a row, or if one is wrong', () => {
    const [first, second] = codesFrom(ours - 1);
    expect(search([second, first])).toBeNull();
    expect(search([first, first])).toBeNull();
    expect(search([first, reference(rfcSeed, usual, ours + 1)])).toBeNull();
    expect(search([first, 'none'])).toBeNull();
    expect(search(['none', second])).toBeNull();
  });

  it('that fit at several places are those of the earliest', () => {
    // With codes of one digit they do; the type knows no such devices.
    const parameters = { ...usual, digits: 1 as 6 };
    const window = Array.from({ length: 42 }, (_, index) => ours - 21 + index);
    const digits = window.map((step) => reference(rfcSeed, parameters, step));
    const pairs = digits.slice(1).map((digit, index) => `${digits[index]}${digit}`);
    const twice = pairs.find((pair, index) => pairs.indexOf(pair) !== index) as string;
    const codes = [twice.charAt(0), twice.charAt(1)] as const;
    const step = ours - 20 + pairs.indexOf(twice);
    const found = findConsecutive({ key: rfcSeed, parameters, at, codes, driftSteps: 0, stepsMax: 20 });
    expect(found).toEqual({ step, driftSteps: step - ours });
  });

  it('of the known drift are found to need no correction', () => {
    expect(search(codesFrom(ours + 6), 7)).toEqual({ step: ours + 7, driftSteps: 7 });
  });
});

describe('a wrong code of an enrolment', () => {
  const at = 58_000_000 * 30_000 + 5_000;
  const chosen: TotpParameters = { algorithm: 'SHA256', digits: 8, periodSeconds: 60 };
  const cause = (code: string, parameters = chosen) => diagnose({ key: rfcSeed, parameters, at, code });

  it.each([-1, 0, 1])(
    'that fits the default parameters %i steps off comes of an app that ignores the others',
    (steps) => {
      expect(cause(totpCode({ key: rfcSeed, parameters: usual, at: at + steps * 30_000 }))).toBe(
        'default-parameters',
      );
    },
  );

  it.each([-20, -2, 2, 20])(
    'that fits the chosen parameters %i steps off comes of a wrong clock',
    (steps) => {
      expect(cause(totpCode({ key: rfcSeed, parameters: chosen, at: at + steps * 60_000 }))).toBe(
        'clock-drift',
      );
      expect(cause(totpCode({ key: rfcSeed, parameters: usual, at: at + steps * 30_000 }), usual)).toBe(
        'clock-drift',
      );
    },
  );

  it.each([-1, 1])(
    'that fits the chosen parameters %i step off, which are the default, comes of a wrong clock',
    (steps) => {
      const code = totpCode({ key: rfcSeed, parameters: usual, at: at + steps * 30_000 });
      expect(cause(code, usual)).toBe('clock-drift');
    },
  );

  it.each([
    { ...usual, algorithm: 'SHA512' },
    { ...usual, digits: 8 },
    { ...usual, periodSeconds: 60 },
  ] as const)('is held against the default parameters if one of them differs: %j', (parameters) => {
    const code = totpCode({ key: rfcSeed, parameters: usual, at });
    expect(cause(code, parameters)).toBe('default-parameters');
  });

  it('that fits nothing has no cause that could be told', () => {
    expect(cause(totpCode({ key: rfcSeed, parameters: chosen, at: at + 21 * 60_000 }))).toBeNull();
    expect(cause(totpCode({ key: rfcSeed, parameters: usual, at: at + 2 * 30_000 }))).toBeNull();
    expect(cause('')).toBeNull();
  });
});

describe('a key', () => {
  it('is new each time, and has 160 bits', () => {
    const secrets = Array.from({ length: 1_000 }, () => newTotpSecret().toString('hex'));
    expect(new Set(secrets).size).toBe(1_000);
    expect(new Set(secrets.map((secret) => secret.length))).toEqual(new Set([40]));
  });

  it.each([15, 65])('of %i bytes is refused, with an error that does not quote it', (length) => {
    const key = Buffer.alloc(length, 'canary');
    const failure = thrownBy(() => totpCode({ key, parameters: usual, at: 0 }));
    expect(failure).toBeInstanceOf(Error);
    expect(inspect(failure, { depth: null, showHidden: true })).not.toMatch(/canary|Y2FuYXJ5|63616e617279/i);
  });

  const thrownBy = (work: () => unknown): unknown => {
    try {
      return work();
    } catch (error) {
      return error;
    }
  };
});
