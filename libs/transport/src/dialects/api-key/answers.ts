// What this dialect tells: all apps that are ready are one to it.

import type { JsonObject } from '@bufbuild/protobuf';
import { type Timestamp, timestampDate } from '@bufbuild/protobuf/wkt';

import { TotpState } from '#contract/countersign/v1/factor_pb.js';
import type {
  ListFactorsResponse,
  StartTotpRegistrationResponse,
} from '#contract/countersign/v1/factor_service_pb.js';
import type { Schema } from '#transport/openapi/model.js';

export const setUpOf = ({ qr, secret }: StartTotpRegistrationResponse): JsonObject => ({
  qr_code_url: qr,
  secret,
});

/** Since the first of them, and the last time that any was used. */
export function stateOf({ totpDevices }: ListFactorsResponse): JsonObject {
  const ready = totpDevices.filter(({ state }) => state === TotpState.READY);
  const created = momentsOf(ready.map(({ createdAt }) => createdAt)).at(0);
  const lastUsed = momentsOf(ready.map(({ lastUsedAt }) => lastUsedAt)).at(-1);
  return {
    enabled: ready.length > 0,
    ...(created === undefined ? {} : { created_at: created }),
    ...(lastUsed === undefined ? {} : { last_used_at: lastUsed }),
  };
}

/** Texts of one zone and one length sort as the times do. */
const momentsOf = (moments: readonly (Timestamp | undefined)[]): readonly string[] =>
  moments
    .filter((one) => one !== undefined)
    .map((one) => timestampDate(one).toISOString())
    .sort();

const moment: Schema = { type: 'string', format: 'date-time' };

export const setUp: Schema = {
  type: 'object',
  properties: {
    qr_code_url: { type: 'string', description: 'A picture of what the app reads, as a data URI of a PNG.' },
    secret: { type: 'string', description: 'In base32. It is told here, and never again.' },
  },
  required: ['qr_code_url', 'secret'],
};

export const state: Schema = {
  type: 'object',
  properties: { enabled: { type: 'boolean' }, created_at: moment, last_used_at: moment },
  required: ['enabled'],
};

const flag = (name: string, value: boolean): Schema => ({
  type: 'object',
  properties: { [name]: { type: 'boolean', enum: [value] } },
  required: [name],
});

export const enabled = flag('enabled', true);
export const valid = flag('valid', true);
export const disabled = flag('enabled', false);
