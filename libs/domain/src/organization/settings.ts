// What an organization may choose. Each value comes from the organization, else from the instance, else from here.

import type { TotpParameters } from '#domain/totp/events.js';

export interface Settings {
  /** Failures in a row, over all factors, before each further guess has to wait. */
  readonly failuresBeforeDelay: number;
  readonly delaySecondsFirst: number;
  readonly delaySecondsMax: number;
  /** Failures in a row that disable one device; less where its codes are few. */
  readonly deviceFailuresMax: number;
  /** TOTP failures in any 30 days, which no success takes back. */
  readonly failuresPerWindowMax: number;
  readonly stepsPast: 0 | 1;
  readonly stepsFuture: 0 | 1;
  readonly totpParameters: TotpParameters;
  readonly totpDevicesMax: number;
  readonly recoveryCodesCount: number;
  /** What an authenticator app shows above the code; null is the name of the organization. */
  readonly issuer: string | null;
  readonly secondFactorRequired: boolean;
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
};
