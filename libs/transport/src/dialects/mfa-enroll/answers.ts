// What this dialect tells: all apps that are ready are one to it.

import type { JsonObject } from '@bufbuild/protobuf';

import { TotpState } from '#contract/countersign/v1/factor_pb.js';
import type {
  ListFactorsResponse,
  StartTotpRegistrationResponse,
} from '#contract/countersign/v1/factor_service_pb.js';
import type { Schema } from '#transport/openapi/model.js';

export const enrolledOf = ({ secret, uri, qr }: StartTotpRegistrationResponse): JsonObject => ({
  secret,
  otpauth_uri: uri,
  qr_code: qr,
});

export const stateOf = ({ totpDevices, recoveryCodesLeft }: ListFactorsResponse): JsonObject => ({
  enabled: totpDevices.some(({ state }) => state === TotpState.READY),
  backup_codes_remaining: recoveryCodesLeft ?? 0,
});

export const loggedIn: Schema = {
  type: 'object',
  properties: {
    mfa_required: {
      type: 'boolean',
      description: 'Whether the session can do nothing before a second factor is verified in it.',
    },
  },
  required: ['mfa_required'],
};

export const enrolled: Schema = {
  type: 'object',
  properties: {
    secret: { type: 'string', description: 'In base32. It is told here, and never again.' },
    otpauth_uri: { type: 'string', description: 'What the app reads, as `otpauth://totp/…`.' },
    qr_code: { type: 'string', description: 'The same as a picture, as a data URI of a PNG.' },
  },
  required: ['secret', 'otpauth_uri', 'qr_code'],
};

export const backupCodes: Schema = {
  type: 'object',
  properties: {
    backup_codes: {
      type: 'array',
      items: { type: 'string' },
      description:
        'Each is accepted once, in place of a code of the app. They are told here, and never again.',
    },
  },
  required: ['backup_codes'],
};

export const verified: Schema = {
  type: 'object',
  properties: { verified: { type: 'boolean', enum: [true] } },
  required: ['verified'],
};

export const state: Schema = {
  type: 'object',
  properties: { enabled: { type: 'boolean' }, backup_codes_remaining: { type: 'integer', minimum: 0 } },
  required: ['enabled', 'backup_codes_remaining'],
};

export const disabled: Schema = {
  type: 'object',
  properties: { enabled: { type: 'boolean', enum: [false] } },
  required: ['enabled'],
};
