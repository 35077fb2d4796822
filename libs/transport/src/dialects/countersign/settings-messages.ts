// Settings in the words of the contract: the same names, in which an issuer that is not chosen is an empty one.

import {
  OrganizationSettingName as Name,
  type OrganizationSettings,
} from '#contract/countersign/v1/organization_settings_service_pb.js';
import type { Overrides, SettingName, Settings } from '#domain/organization/settings.js';
import { chosenParameters, parametersMessage } from '#transport/dialects/countersign/totp-messages.js';

export const settingNumbers = {
  failuresBeforeDelay: Name.FAILURES_BEFORE_DELAY,
  delaySecondsFirst: Name.DELAY_SECONDS_FIRST,
  delaySecondsMax: Name.DELAY_SECONDS_MAX,
  deviceFailuresMax: Name.DEVICE_FAILURES_MAX,
  failuresPerWindowMax: Name.FAILURES_PER_WINDOW_MAX,
  stepsPast: Name.STEPS_PAST,
  stepsFuture: Name.STEPS_FUTURE,
  totpParameters: Name.TOTP_PARAMETERS,
  totpDevicesMax: Name.TOTP_DEVICES_MAX,
  recoveryCodesCount: Name.RECOVERY_CODES_COUNT,
  issuer: Name.ISSUER,
  secondFactorRequired: Name.SECOND_FACTOR_REQUIRED,
  passwordCharactersMin: Name.PASSWORD_CHARACTERS_MIN,
  passwordRequiresUppercase: Name.PASSWORD_REQUIRES_UPPERCASE,
  passwordRequiresLowercase: Name.PASSWORD_REQUIRES_LOWERCASE,
  passwordRequiresDigit: Name.PASSWORD_REQUIRES_DIGIT,
  passwordRequiresSymbol: Name.PASSWORD_REQUIRES_SYMBOL,
  passwordFailuresBeforeDelay: Name.PASSWORD_FAILURES_BEFORE_DELAY,
  passwordFailuresMax: Name.PASSWORD_FAILURES_MAX,
  sessionLifetimeSecondsDefault: Name.SESSION_LIFETIME_SECONDS_DEFAULT,
  sessionLifetimeSecondsMax: Name.SESSION_LIFETIME_SECONDS_MAX,
  stepUpSecondsFactors: Name.STEP_UP_SECONDS_FACTORS,
  stepUpSecondsRecoveryCodes: Name.STEP_UP_SECONDS_RECOVERY_CODES,
  stepUpSecondsTokens: Name.STEP_UP_SECONDS_TOKENS,
  stepUpSecondsPassword: Name.STEP_UP_SECONDS_PASSWORD,
  callsPerSecond: Name.CALLS_PER_SECOND,
  checksPerSecond: Name.CHECKS_PER_SECOND,
  hashesPerSecond: Name.HASHES_PER_SECOND,
  turnsPerPeriodMax: Name.TURNS_PER_PERIOD_MAX,
  relationshipsMax: Name.RELATIONSHIPS_MAX,
} as const satisfies Record<SettingName, Name>;

const names = new Map<Name, SettingName>(
  Object.entries(settingNumbers).map(([name, number]) => [number, name as SettingName]),
);

/** Null where the number stands for none. */
export const settingName = (number: Name): SettingName | null => names.get(number) ?? null;

export const settingsMessage = ({ totpParameters, issuer, ...others }: Settings) => ({
  ...others,
  totpParameters: parametersMessage(totpParameters),
  issuer: issuer ?? '',
});

/** What was given, and nothing else. What of it is not allowed is for the command to say. */
export function chosenSettings(given: OrganizationSettings | undefined): Overrides {
  if (given === undefined) return {};
  const entries = [...names.values()].map((name) => [name, givenValue(name, given)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Overrides;
}

/** Undefined where it was left out. */
function givenValue(name: SettingName, given: OrganizationSettings): unknown {
  if (name === 'issuer' && given.issuer === '') return null;
  // Given whole: what is missing in it is refused as none of what it may be.
  if (name === 'totpParameters' && given.totpParameters) return chosenParameters(given.totpParameters);
  return given[name];
}
