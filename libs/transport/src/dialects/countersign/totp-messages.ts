// Authenticator apps, and how their codes are made, in the words of the contract.

import type { Violation } from '#application/violations.js';
import {
  QrKind,
  TotpAlgorithm,
  type TotpParameters as TotpParametersMessage,
  TotpState,
} from '#contract/countersign/v1/factor_pb.js';
import type { TotpParameters } from '#domain/totp/events.js';
import type { Device } from '#read-models/queries/factors.js';
import { momentOf } from '#transport/dialects/countersign/messages.js';
import { unknownValue } from '#transport/dialects/countersign/violations.js';

const algorithmNumbers = {
  SHA1: TotpAlgorithm.SHA1,
  SHA256: TotpAlgorithm.SHA256,
  SHA512: TotpAlgorithm.SHA512,
} as const satisfies Record<TotpParameters['algorithm'], TotpAlgorithm>;

const algorithms: ReadonlyMap<TotpAlgorithm, TotpParameters['algorithm']> = new Map([
  [TotpAlgorithm.SHA1, 'SHA1'],
  [TotpAlgorithm.SHA256, 'SHA256'],
  [TotpAlgorithm.SHA512, 'SHA512'],
]);

const stateNumbers = {
  pending: TotpState.PENDING,
  ready: TotpState.READY,
  disabled: TotpState.DISABLED,
} as const satisfies Record<Device['state'], TotpState>;

const qrKinds = new Map([
  [QrKind.UNSPECIFIED, 'none'],
  [QrKind.PNG, 'png'],
  [QrKind.SVG, 'svg'],
] as const);

/** Undefined where the number stands for none. */
export const qrOf = (kind: QrKind): 'none' | 'png' | 'svg' | undefined => qrKinds.get(kind);

export const parametersMessage = ({ algorithm, digits, periodSeconds }: TotpParameters) => ({
  algorithm: algorithmNumbers[algorithm],
  digits,
  periodSeconds,
});

/** Null stands for what was left out. */
export type ChosenParameters = { readonly [Name in keyof TotpParameters]: TotpParameters[Name] | null };

/** Where a request has what the commands name by itself. */
export const parameterFields = {
  algorithm: 'parameters.algorithm',
  digits: 'parameters.digits',
  periodSeconds: 'parameters.period_seconds',
} as const;

/** Whether the numbers are any that codes can be made with is for the command to say. */
export function chosenParameters(given: TotpParametersMessage | undefined): ChosenParameters {
  return {
    algorithm: algorithms.get(given?.algorithm ?? TotpAlgorithm.UNSPECIFIED) ?? null,
    digits: (given?.digits || null) as ChosenParameters['digits'],
    periodSeconds: (given?.periodSeconds || null) as ChosenParameters['periodSeconds'],
  };
}

/** @param field what the parameters are called in the request */
export function parameterViolations(
  given: TotpParametersMessage | undefined,
  field: string,
): readonly Violation[] {
  if (given === undefined || given.algorithm === TotpAlgorithm.UNSPECIFIED) return [];
  return algorithms.has(given.algorithm) ? [] : [unknownValue(`${field}.algorithm`)];
}

export const deviceMessage = (device: Device) => ({
  totpId: device.totpId,
  name: device.name ?? undefined,
  state: stateNumbers[device.state],
  parameters: parametersMessage(device.parameters),
  createdAt: momentOf(device.createdAt),
  lastUsedAt: momentOf(device.lastUsedAt),
  expiresAt: momentOf(device.expiresAt),
  attemptsLeft: device.attemptsLeft,
});
