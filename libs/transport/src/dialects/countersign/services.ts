// All of our own calls.

import { eventService } from '#transport/dialects/countersign/event-service.js';
import { factorService } from '#transport/dialects/countersign/factor-service.js';
import { keyService } from '#transport/dialects/countersign/key-service.js';
import { organizationMemberService } from '#transport/dialects/countersign/organization-member-service.js';
import { organizationSettingsService } from '#transport/dialects/countersign/organization-settings-service.js';
import type { Parts } from '#transport/dialects/countersign/parts.js';
import { passwordService } from '#transport/dialects/countersign/password-service.js';
import { policyService } from '#transport/dialects/countersign/policy-service.js';
import { projectionService } from '#transport/dialects/countersign/projection-service.js';
import { quotaService } from '#transport/dialects/countersign/quota-service.js';
import { recoveryCodeService } from '#transport/dialects/countersign/recovery-code-service.js';
import { userService } from '#transport/dialects/countersign/user-service.js';
import type { Implemented } from '#transport/implementation.js';

export const countersignServices = (parts: Parts): readonly (readonly Implemented[])[] => [
  factorService(parts),
  recoveryCodeService(parts),
  organizationSettingsService(parts),
  organizationMemberService(parts),
  policyService(parts),
  quotaService(parts),
  userService(parts),
  passwordService(parts),
  projectionService(parts),
  eventService(parts),
  keyService(parts),
];
