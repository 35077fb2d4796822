// What an organization and the instance may choose, as it is sent. The bounds are the domain's.

import { ValidateBy, ValidateIf } from 'class-validator';

import { IsFieldsOf, IsOneOf, IsText, IsTrueOrFalse, IsWhole, MayBeNull } from '#application/input.js';
import { algorithms, digits, periods } from '#application/totp/shown.js';
import {
  defaultSettings,
  type Overrides,
  type RangedName,
  type Settings,
  settingRanges,
} from '#domain/organization/settings.js';
import type { TotpParameters } from '#domain/totp/events.js';

const settingNames: readonly string[] = Object.keys(defaultSettings);

/** Null is not the same as left out: it is no value of such a setting. */
const MayBeLeftOut = (): PropertyDecorator => ValidateIf((_, value) => value !== undefined);

const IsWithin = (name: RangedName): PropertyDecorator =>
  IsWhole(settingRanges[name].minimum, settingRanges[name].maximum);

export const IsSettingNames = (): PropertyDecorator =>
  ValidateBy({
    name: 'setting-names',
    validator: {
      validate: (value) =>
        Array.isArray(value) && value.length > 0 && value.every((name) => settingNames.includes(name)),
      defaultMessage: () => `must be at least one of ${settingNames.join(', ')}`,
    },
  });

class TotpParametersFields implements TotpParameters {
  @IsOneOf(algorithms) readonly algorithm!: TotpParameters['algorithm'];
  @IsOneOf(digits) readonly digits!: TotpParameters['digits'];
  @IsOneOf(periods) readonly periodSeconds!: TotpParameters['periodSeconds'];

  constructor({ algorithm, digits, periodSeconds }: TotpParameters) {
    Object.assign(this, { algorithm, digits, periodSeconds });
  }
}

export class SettingsFields implements Overrides {
  @MayBeLeftOut() @IsWithin('failuresBeforeDelay') readonly failuresBeforeDelay?: number;
  @MayBeLeftOut() @IsWithin('delaySecondsFirst') readonly delaySecondsFirst?: number;
  @MayBeLeftOut() @IsWithin('delaySecondsMax') readonly delaySecondsMax?: number;
  @MayBeLeftOut() @IsWithin('deviceFailuresMax') readonly deviceFailuresMax?: number;
  @MayBeLeftOut() @IsWithin('failuresPerWindowMax') readonly failuresPerWindowMax?: number;
  @MayBeLeftOut() @IsWithin('stepsPast') readonly stepsPast?: Settings['stepsPast'];
  @MayBeLeftOut() @IsWithin('stepsFuture') readonly stepsFuture?: Settings['stepsFuture'];
  @MayBeLeftOut() @IsFieldsOf(TotpParametersFields) readonly totpParameters?: TotpParametersFields;
  @MayBeLeftOut() @IsWithin('totpDevicesMax') readonly totpDevicesMax?: number;
  @MayBeLeftOut() @IsWithin('recoveryCodesCount') readonly recoveryCodesCount?: number;
  /** Null is the name of the organization. */
  @MayBeNull() @IsText(settingRanges.issuer.maximum) readonly issuer?: string | null;
  @MayBeLeftOut() @IsTrueOrFalse() readonly secondFactorRequired?: boolean;
  @MayBeLeftOut() @IsWithin('passwordCharactersMin') readonly passwordCharactersMin?: number;
  @MayBeLeftOut() @IsTrueOrFalse() readonly passwordRequiresUppercase?: boolean;
  @MayBeLeftOut() @IsTrueOrFalse() readonly passwordRequiresLowercase?: boolean;
  @MayBeLeftOut() @IsTrueOrFalse() readonly passwordRequiresDigit?: boolean;
  @MayBeLeftOut() @IsTrueOrFalse() readonly passwordRequiresSymbol?: boolean;
  @MayBeLeftOut() @IsWithin('passwordFailuresBeforeDelay') readonly passwordFailuresBeforeDelay?: number;
  @MayBeLeftOut() @IsWithin('passwordFailuresMax') readonly passwordFailuresMax?: number;
  @MayBeLeftOut() @IsWithin('sessionLifetimeSecondsDefault') readonly sessionLifetimeSecondsDefault?: number;
  @MayBeLeftOut() @IsWithin('sessionLifetimeSecondsMax') readonly sessionLifetimeSecondsMax?: number;
  @MayBeLeftOut() @IsWithin('stepUpSecondsFactors') readonly stepUpSecondsFactors?: number;
  @MayBeLeftOut() @IsWithin('stepUpSecondsRecoveryCodes') readonly stepUpSecondsRecoveryCodes?: number;
  @MayBeLeftOut() @IsWithin('stepUpSecondsTokens') readonly stepUpSecondsTokens?: number;
  @MayBeLeftOut() @IsWithin('stepUpSecondsPassword') readonly stepUpSecondsPassword?: number;
  @MayBeLeftOut() @IsWithin('callsPerSecond') readonly callsPerSecond?: number;
  @MayBeLeftOut() @IsWithin('checksPerSecond') readonly checksPerSecond?: number;
  @MayBeLeftOut() @IsWithin('hashesPerSecond') readonly hashesPerSecond?: number;
  @MayBeLeftOut() @IsWithin('turnsPerPeriodMax') readonly turnsPerPeriodMax?: number;
  @MayBeLeftOut() @IsWithin('relationshipsMax') readonly relationshipsMax?: number;

  constructor({ totpParameters, ...others }: Overrides) {
    const nested = totpParameters == null ? totpParameters : new TotpParametersFields(totpParameters);
    Object.assign(this, others, { totpParameters: nested });
  }
}
