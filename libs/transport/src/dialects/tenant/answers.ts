// What this dialect tells of factors.

import type { JsonObject } from '@bufbuild/protobuf';
import { type Timestamp, timestampDate } from '@bufbuild/protobuf/wkt';

import { type TotpDevice, TotpState } from '#contract/countersign/v1/factor_pb.js';
import type {
  ListFactorsResponse,
  StartTotpRegistrationResponse,
} from '#contract/countersign/v1/factor_service_pb.js';
import type { Schema } from '#transport/openapi/model.js';

export const begunOf = ({ totpId, secret, uri }: StartTotpRegistrationResponse): JsonObject => ({
  id: totpId,
  secret,
  qr_uri: uri,
});

export const factorsOf = ({ totpDevices, recoveryCodesLeft }: ListFactorsResponse): JsonObject => ({
  factors: totpDevices.map(factorOf),
  recovery_codes_remaining: recoveryCodesLeft ?? 0,
});

const states = {
  [TotpState.UNSPECIFIED]: 'pending',
  [TotpState.PENDING]: 'pending',
  [TotpState.READY]: 'ready',
  [TotpState.DISABLED]: 'disabled',
} as const satisfies Record<TotpState, string>;

const factorOf = ({ totpId, name, state, createdAt, lastUsedAt }: TotpDevice): JsonObject => ({
  id: totpId,
  type: 'totp',
  name: name ?? null,
  state: states[state],
  created_at: momentOf(createdAt),
  last_used_at: momentOf(lastUsedAt),
});

const momentOf = (moment: Timestamp | undefined): string | null =>
  moment === undefined ? null : timestampDate(moment).toISOString();

const uuid: Schema = { type: 'string', format: 'uuid' };
const moment: Schema = { type: ['string', 'null'], format: 'date-time' };

export const begun: Schema = {
  type: 'object',
  properties: {
    id: uuid,
    secret: { type: 'string', description: 'In base32. It is told here, and never again.' },
    qr_uri: { type: 'string', description: 'What the app reads, as `otpauth://totp/…`.' },
  },
  required: ['id', 'secret', 'qr_uri'],
};

export const confirmed: Schema = {
  type: 'object',
  properties: { id: uuid, verified: { type: 'boolean', enum: [true] } },
  required: ['id', 'verified'],
};

export const verified: Schema = {
  type: 'object',
  properties: { verified: { type: 'boolean', enum: [true] } },
  required: ['verified'],
};

const factor: Schema = {
  type: 'object',
  properties: {
    id: uuid,
    type: { type: 'string', enum: ['totp'] },
    name: { type: ['string', 'null'] },
    state: { type: 'string', enum: ['pending', 'ready', 'disabled'] },
    created_at: moment,
    last_used_at: moment,
  },
  required: ['id', 'type', 'name', 'state', 'created_at', 'last_used_at'],
};

export const factors: Schema = {
  type: 'object',
  properties: {
    factors: { type: 'array', items: factor },
    recovery_codes_remaining: { type: 'integer', minimum: 0 },
  },
  required: ['factors', 'recovery_codes_remaining'],
};
