import type { SettingName, Settings } from '#domain/organization/settings.js';
import { type FieldsOf, integer, list, nullable, oneOf, some, text, yesOrNo } from '#event-catalog/fields.js';
import { totpParameters } from '#event-catalog/totp.js';

export const settingFields = {
  failuresBeforeDelay: integer,
  delaySecondsFirst: integer,
  delaySecondsMax: integer,
  deviceFailuresMax: integer,
  failuresPerWindowMax: integer,
  stepsPast: oneOf(0, 1),
  stepsFuture: oneOf(0, 1),
  totpParameters,
  totpDevicesMax: integer,
  recoveryCodesCount: integer,
  issuer: nullable(text),
  secondFactorRequired: yesOrNo,
  passwordCharactersMin: integer,
  passwordRequiresUppercase: yesOrNo,
  passwordRequiresLowercase: yesOrNo,
  passwordRequiresDigit: yesOrNo,
  passwordRequiresSymbol: yesOrNo,
  passwordFailuresBeforeDelay: integer,
  passwordFailuresMax: integer,
  sessionLifetimeSecondsDefault: integer,
  sessionLifetimeSecondsMax: integer,
  stepUpSecondsFactors: integer,
  stepUpSecondsRecoveryCodes: integer,
  stepUpSecondsTokens: integer,
  stepUpSecondsPassword: integer,
  callsPerSecond: integer,
  checksPerSecond: integer,
  hashesPerSecond: integer,
  turnsPerPeriodMax: integer,
  relationshipsMax: integer,
} satisfies FieldsOf<Settings>;

export const someSettings = some<Settings>('some [settings](#settings)', settingFields);

const settingNames = Object.keys(settingFields) as SettingName[];
export const namesOfSettings = {
  ...list(oneOf(...settingNames)),
  kind: 'names of [settings](#settings)',
};
