// What this dialect tells: all apps that are ready are one to it.

import type { JsonObject } from '@bufbuild/protobuf';
import { timestampDate } from '@bufbuild/protobuf/wkt';

import { TotpState } from '#contract/countersign/v1/factor_pb.js';
import type {
  ListFactorsResponse,
  StartTotpRegistrationResponse,
} from '#contract/countersign/v1/factor_service_pb.js';
import type { Schema } from '#transport/openapi/model.js';

export const setUpOf = ({ secret, uri, qr, recoveryCodes }: StartTotpRegistrationResponse): JsonObject => ({
  secret,
  otpauthUrl: uri,
  qrCode: qr,
  backupCodes: [...recoveryCodes],
});

/** Enabled since the first of those that are ready came. */
export function stateOf({ totpDevices, recoveryCodesLeft }: ListFactorsResponse): JsonObject {
  const ready = totpDevices.filter(({ state }) => state === TotpState.READY);
  const [enabledAt] = ready
    .flatMap(({ createdAt }) => (createdAt === undefined ? [] : [timestampDate(createdAt).toISOString()]))
    .sort();
  return {
    enabled: ready.length > 0,
    pending: totpDevices.some(({ state }) => state === TotpState.PENDING),
    backupCodesRemaining: recoveryCodesLeft ?? 0,
    ...(enabledAt === undefined ? {} : { enabledAt }),
  };
}

const codes: Schema = {
  type: 'array',
  items: { type: 'string' },
  description: 'Each is accepted once, in place of a code of the app. They are told here, and never again.',
};

export const setUp: Schema = {
  type: 'object',
  properties: {
    secret: { type: 'string', description: 'In base32. It is told here, and never again.' },
    otpauthUrl: { type: 'string', description: 'What the app reads, as `otpauth://totp/…`.' },
    qrCode: { type: 'string', description: 'The same as a picture, as a data URI of a PNG.' },
    backupCodes: { ...codes, minItems: 10, maxItems: 10 },
  },
  required: ['secret', 'otpauthUrl', 'qrCode', 'backupCodes'],
};

const remaining: Schema = { type: 'integer', minimum: 0 };

export const verified: Schema = {
  type: 'object',
  properties: { verified: { type: 'boolean', enum: [true] }, backupCodesRemaining: remaining },
  required: ['verified', 'backupCodesRemaining'],
};

export const state: Schema = {
  type: 'object',
  properties: {
    enabled: { type: 'boolean' },
    pending: { type: 'boolean' },
    backupCodesRemaining: remaining,
    enabledAt: { type: 'string', format: 'date-time' },
  },
  required: ['enabled', 'pending', 'backupCodesRemaining'],
};

export const backupCodes: Schema = {
  type: 'object',
  properties: { backupCodes: codes },
  required: ['backupCodes'],
};

const enabledIs = (value: boolean): Schema => ({
  type: 'object',
  properties: { enabled: { type: 'boolean', enum: [value] } },
  required: ['enabled'],
});

export const enabled = enabledIs(true);
export const disabled = enabledIs(false);
