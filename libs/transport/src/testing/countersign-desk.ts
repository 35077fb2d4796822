// Our own calls, over a whole application.

import type { DescMethodUnary } from '@bufbuild/protobuf';

import { EventService } from '#contract/countersign/v1/event_service_pb.js';
import { FactorService } from '#contract/countersign/v1/factor_service_pb.js';
import { KeyService } from '#contract/countersign/v1/key_service_pb.js';
import { OrganizationMemberService } from '#contract/countersign/v1/organization_member_service_pb.js';
import { OrganizationSettingsService } from '#contract/countersign/v1/organization_settings_service_pb.js';
import { PasswordService } from '#contract/countersign/v1/password_service_pb.js';
import { PolicyService } from '#contract/countersign/v1/policy_service_pb.js';
import { ProjectionService } from '#contract/countersign/v1/projection_service_pb.js';
import { QuotaService } from '#contract/countersign/v1/quota_service_pb.js';
import { RecoveryCodeService } from '#contract/countersign/v1/recovery_code_service_pb.js';
import { UserService } from '#contract/countersign/v1/user_service_pb.js';
import type { ServedMethod } from '#transport/call.js';
import { countersignServices } from '#transport/dialects/countersign/services.js';
import { type DialectDesk, openDialectDesk } from '#transport/testing/dialect-desk.js';

export type CountersignDesk = DialectDesk;

const services = [
  FactorService,
  RecoveryCodeService,
  PasswordService,
  OrganizationSettingsService,
  OrganizationMemberService,
  PolicyService,
  QuotaService,
  UserService,
];

const operatorServices = [ProjectionService, EventService, KeyService];

/** Every method that the contract has for what users and organizations are. */
export const methods: readonly DescMethodUnary[] = services.flatMap(
  (service) => service.methods as unknown as readonly DescMethodUnary[],
);

/** Every method that the contract has for operators. */
export const operatorMethods: readonly ServedMethod[] = operatorServices.flatMap(
  (service) => service.methods as unknown as readonly ServedMethod[],
);

export const openCountersignDesk = (): Promise<CountersignDesk> =>
  openDialectDesk({ services: [...services, ...operatorServices], implement: countersignServices });
