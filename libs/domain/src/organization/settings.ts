// What an organization may choose. Each value comes from the organization, else from the instance, else from here.

import type { TotpParameters } from '#domain/totp/events.js';

export interface Settings {
  /** Failures in a row, over all factors, before each further guess has to wait. */
  readonly failuresBeforeDelay: number;
  readonly delaySecondsFirst: number;
  readonly delaySecondsMax: number;
  /** Failures in a row that disable one device; less where its codes are few. */
  readonly deviceFailuresMax: number;
  /** TOTP failures in any 30 days, one for each device that was compared, which no success takes back. */
  readonly failuresPerWindowMax: number;
  readonly stepsPast: 0 | 1;
  readonly stepsFuture: 0 | 1;
  readonly totpParameters: TotpParameters;
  readonly totpDevicesMax: number;
  readonly recoveryCodesCount: number;
  /** What an authenticator app shows above the code; null is the name of the organization. */
  readonly issuer: string | null;
  readonly secondFactorRequired: boolean;
  /** Of a new password, in code points. */
  readonly passwordCharactersMin: number;
  readonly passwordRequiresUppercase: boolean;
  readonly passwordRequiresLowercase: boolean;
  readonly passwordRequiresDigit: boolean;
  readonly passwordRequiresSymbol: boolean;
  /** Wrong passwords in a row before each further one has to wait, by the same delays as other factors. */
  readonly passwordFailuresBeforeDelay: number;
  /** Wrong passwords in a row after which only a new one helps. */
  readonly passwordFailuresMax: number;
  /** How long a session lasts where its maker does not say. */
  readonly sessionLifetimeSecondsDefault: number;
  /** How long any session lasts at most, from its beginning, whatever is done with it. */
  readonly sessionLifetimeSecondsMax: number;
  /** How old the factor of a session may be that changes factors; 0 asks for a code each time. */
  readonly stepUpSecondsFactors: number;
  readonly stepUpSecondsRecoveryCodes: number;
  readonly stepUpSecondsTokens: number;
  readonly stepUpSecondsPassword: number;
  /** What callers of the organization may ask together; twice as much may come at once after a pause. */
  readonly callsPerSecond: number;
  /** Calls of them that compare a code or a password. */
  readonly checksPerSecond: number;
  /** Slow hashes that they take: one for a password or a recovery code. */
  readonly hashesPerSecond: number;
  /** 0 is without a ceiling. What counts as a turn and as a relationship stands in `quota/usage.ts`. */
  readonly turnsPerPeriodMax: number;
  readonly relationshipsMax: number;
}

export type SettingName = keyof Settings;

export const defaultSettings: Settings = {
  failuresBeforeDelay: 5,
  delaySecondsFirst: 30,
  delaySecondsMax: 3_600,
  deviceFailuresMax: 20,
  failuresPerWindowMax: 30,
  stepsPast: 1,
  stepsFuture: 0,
  totpParameters: { algorithm: 'SHA1', digits: 6, periodSeconds: 30 },
  totpDevicesMax: 3,
  recoveryCodesCount: 10,
  issuer: null,
  secondFactorRequired: false,
  passwordCharactersMin: 8,
  passwordRequiresUppercase: false,
  passwordRequiresLowercase: false,
  passwordRequiresDigit: false,
  passwordRequiresSymbol: false,
  passwordFailuresBeforeDelay: 5,
  passwordFailuresMax: 100,
  sessionLifetimeSecondsDefault: 43_200,
  sessionLifetimeSecondsMax: 86_400,
  stepUpSecondsFactors: 600,
  stepUpSecondsRecoveryCodes: 600,
  stepUpSecondsTokens: 600,
  stepUpSecondsPassword: 600,
  callsPerSecond: 5_000,
  checksPerSecond: 1_000,
  hashesPerSecond: 50,
  turnsPerPeriodMax: 0,
  relationshipsMax: 0,
};

/** What is paid for, and what protects the machine: owners of the instance alone choose these, for each organization. */
export const limitNames = [
  'callsPerSecond',
  'checksPerSecond',
  'hashesPerSecond',
  'turnsPerPeriodMax',
  'relationshipsMax',
] as const satisfies readonly SettingName[];

export interface Range {
  readonly minimum: number;
  readonly maximum: number;
  readonly reason: string;
}

type NumericName = { [N in SettingName]: Settings[N] extends number ? N : never }[SettingName];

const sessionLifetime = {
  minimum: 300,
  maximum: 2_592_000,
  reason: 'Below, a session ends while its user still types; above, one that was stolen outlives a month.',
};

const stepUp = {
  minimum: 0,
  maximum: 31_536_000,
  reason: 'At 0 a code is asked for each time; beyond a year no session is so old.',
};

const ceiling = {
  minimum: 0,
  maximum: 999_999_999,
  reason: 'At 0 there is no ceiling; more than a billion is as good as none.',
};

/** What may be chosen, in whole numbers; of the issuer, its characters. */
export const settingRanges = {
  failuresBeforeDelay: {
    minimum: 1,
    maximum: 10,
    reason: 'More free guesses in a row help nobody but a guesser.',
  },
  delaySecondsFirst: { minimum: 1, maximum: 300, reason: 'Longer is more than a typing error deserves.' },
  delaySecondsMax: {
    minimum: 30,
    maximum: 86_400,
    reason: 'Below, guessing goes on as if undelayed; above, an owner waits longer than a day.',
  },
  deviceFailuresMax: {
    minimum: 1,
    maximum: 100,
    reason: 'A hundred guesses at a million codes are the most that a binding is worth.',
  },
  failuresPerWindowMax: {
    minimum: 5,
    maximum: 100,
    reason:
      'Below, ordinary typing errors use up a month; above, a year of guessing becomes worth its while.',
  },
  stepsPast: {
    minimum: 0,
    maximum: 1,
    reason: 'Each further step makes one more code live (RFC 6238 section 5.2).',
  },
  stepsFuture: {
    minimum: 0,
    maximum: 1,
    reason: 'Each further step makes one more code live (RFC 6238 section 5.2).',
  },
  totpDevicesMax: { minimum: 1, maximum: 10, reason: 'A guess is held against every device.' },
  recoveryCodesCount: { minimum: 1, maximum: 50, reason: 'More fit on no sheet of paper.' },
  issuer: { minimum: 1, maximum: 64, reason: 'An authenticator app shows one short line.' },
  passwordCharactersMin: {
    minimum: 8,
    maximum: 64,
    reason: 'Below, a stolen hash is soon undone; NIST SP 800-63B section 3.1.1.2 has both bounds.',
  },
  passwordFailuresBeforeDelay: {
    minimum: 1,
    maximum: 10,
    reason: 'More free guesses in a row help nobody but a guesser.',
  },
  passwordFailuresMax: {
    minimum: 10,
    maximum: 100,
    reason: 'Below, somebody else soon has a password refused; above is more than NIST SP 800-63B allows.',
  },
  sessionLifetimeSecondsDefault: sessionLifetime,
  sessionLifetimeSecondsMax: sessionLifetime,
  stepUpSecondsFactors: stepUp,
  stepUpSecondsRecoveryCodes: stepUp,
  stepUpSecondsTokens: stepUp,
  stepUpSecondsPassword: stepUp,
  callsPerSecond: {
    minimum: 1,
    maximum: 100_000,
    reason: 'Below, nobody could undo it; above is more than one process serves.',
  },
  checksPerSecond: {
    minimum: 1,
    maximum: 20_000,
    reason: 'Below, nobody is let in; above is more than one disk keeps.',
  },
  hashesPerSecond: {
    minimum: 1,
    maximum: 1_000,
    reason: 'Below, nobody is let in; at 7 ms each, more would take several cores.',
  },
  turnsPerPeriodMax: ceiling,
  relationshipsMax: ceiling,
} as const satisfies Record<NumericName | 'issuer', Range>;

export type RangedName = keyof typeof settingRanges;

/** What is chosen in one place; the rest comes from the next. */
export type Overrides = Partial<Settings>;

export const noOverrides: Overrides = {};

/** The inherited object itself where nothing is chosen. */
export const settingsWith = (overrides: Overrides, inherited: Settings): Settings =>
  overrides === noOverrides ? inherited : { ...inherited, ...overrides };

export function withoutOverrides(overrides: Overrides, names: readonly SettingName[]): Overrides {
  const left = Object.entries(overrides).filter(([name]) => !names.some((reset) => reset === name));
  return left.length === 0 ? noOverrides : (Object.fromEntries(left) as Overrides);
}
