// Messages of the contract between their canonical JSON and their bytes, for the protocols that speak bytes.

import {
  create,
  createRegistry,
  type DescMethodUnary,
  fromBinary,
  fromJson,
  type JsonObject,
  type Message,
  toBinary,
  toJson,
} from '@bufbuild/protobuf';
import { type Any, AnySchema, EmptySchema } from '@bufbuild/protobuf/wkt';

import { FactorService } from '#contract/countersign/v1/factor_service_pb.js';
import { OrganizationMemberService } from '#contract/countersign/v1/organization_member_service_pb.js';
import { OrganizationSettingsService } from '#contract/countersign/v1/organization_settings_service_pb.js';
import { PasswordService } from '#contract/countersign/v1/password_service_pb.js';
import { PolicyService } from '#contract/countersign/v1/policy_service_pb.js';
import { QuotaService } from '#contract/countersign/v1/quota_service_pb.js';
import { RecoveryCodeService } from '#contract/countersign/v1/recovery_code_service_pb.js';
import { file_countersign_v1_refusal } from '#contract/countersign/v1/refusal_pb.js';
import { UserService as CountersignUserService } from '#contract/countersign/v1/user_service_pb.js';
import { file_google_rpc_error_details } from '#contract/google/rpc/error_details_pb.js';
import { StatusSchema } from '#contract/google/rpc/status_pb.js';
import { file_zitadel_message } from '#contract/zitadel/message_pb.js';
import { OrganizationService } from '#contract/zitadel/org/v2/org_service_pb.js';
import { SessionService } from '#contract/zitadel/session/v2/session_service_pb.js';
import { SettingsService } from '#contract/zitadel/settings/v2/settings_service_pb.js';
import { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';

const services = createRegistry(
  UserService,
  OrganizationService,
  SessionService,
  SettingsService,
  FactorService,
  PasswordService,
  RecoveryCodeService,
  OrganizationSettingsService,
  OrganizationMemberService,
  PolicyService,
  QuotaService,
  CountersignUserService,
);

const detailTypes = createRegistry(
  file_countersign_v1_refusal,
  file_google_rpc_error_details,
  file_zitadel_message,
);

/** Undefined where the contract has no such method. */
export function methodAt(path: string): DescMethodUnary | undefined {
  const [service = '', name] = path.split('/');
  const method = services.getService(service)?.methods.find((one) => one.name === name);
  return method?.methodKind === 'unary' ? (method as DescMethodUnary) : undefined;
}

/** Field 1999 as a varint: the tag is (1999 << 3 | 0). */
const fieldOfTomorrow = Buffer.from([0xf8, 0x7c, 0x01]);

/** A method that there is not takes anything. */
export function bytesOf(path: string, request: JsonObject, isOfTomorrow = false): Buffer {
  const schema = methodAt(path)?.input ?? EmptySchema;
  const bytes = toBinary(schema, fromJson(schema, request) as Message);
  return isOfTomorrow ? Buffer.concat([bytes, fieldOfTomorrow]) : Buffer.from(bytes);
}

export function jsonOfBytes(path: string, bytes: Uint8Array): JsonObject {
  const schema = methodAt(path)?.output ?? EmptySchema;
  return toJson(schema, fromBinary(schema, bytes)) as JsonObject;
}

/** Of `grpc-status-details-bin`. */
export function detailsOfStatus(bytes: Uint8Array): readonly JsonObject[] {
  return fromBinary(StatusSchema, bytes).details.map(jsonOfDetail);
}

export function jsonOfDetail({ typeUrl, value }: Pick<Any, 'typeUrl' | 'value'>): JsonObject {
  return toJson(AnySchema, create(AnySchema, { typeUrl, value }), { registry: detailTypes }) as JsonObject;
}
