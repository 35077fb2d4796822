// A few methods that exist, with made-up ways to answer them: one of each kind of rule.

import type { House } from '#application/testing/house.js';
import { LockUser } from '#application/user/lock-user.js';
import { OrganizationSettingsService } from '#contract/countersign/v1/organization_settings_service_pb.js';
import { OrganizationService } from '#contract/zitadel/org/v2/org_service_pb.js';
import { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import type { UserId } from '#domain/ids.js';
import { answered, type Call, type Implemented, implement, told } from '#transport/implementation.js';

export interface Noted {
  /** What the methods were called with. */
  readonly calls: Call[];
  /** What they do instead of answering. */
  instead: (() => Promise<void>) | null;
}

type Run = (request: unknown, call: Call) => Promise<{ readonly kind: 'answered'; readonly message: object }>;

export function madeUpCalls(house: House, noted: Noted): readonly (readonly Implemented[])[] {
  const run: Run = async (_, call) => {
    noted.calls.push(call);
    await noted.instead?.();
    return answered({});
  };
  return [...aboutUsers(run), ...aboutOneUser(house, run), ...aboutOrganizations(run)];
}

const aboutUsers = (run: Run) => [
  implement(UserService, {
    createUser: {
      access: { of: 'organization', permission: 'user.write', organizationId: 'organizationId' },
      fields: { email: 'human.email.email', profile: 'human.profile' },
      run: async () => ({ kind: 'rejected', refusal: { code: 'invalid-input', violations: ofCommand } }),
    },
    listUsers: { access: { of: 'organization', permission: 'user.read', organizationId: null }, run },
  }),
];

const ofCommand = ['email', 'profile.givenName', 'organizationId'].map((field) => ({
  field,
  rule: 'text',
  message: 'must be shorter',
}));

const aboutOneUser = (house: House, run: Run) => [
  implement(UserService, {
    getUserByID: { access: { of: 'user', permission: 'user.read', self: true, userId: 'userId' }, run },
    lockUser: {
      access: { of: 'user', permission: 'user.write', self: false, userId: 'userId' },
      run: async ({ userId }, { by, organizationId }) =>
        told(
          await house.run(new LockUser({ by, organizationId, userId: userId as UserId })),
          ({ details: { sequence, resourceOwner } }) => ({
            details: { sequence: BigInt(sequence), resourceOwner },
          }),
        ),
    },
    verifyTOTPRegistration: {
      access: { of: 'user', permission: 'user.credential.write', self: true, userId: 'userId' },
      guesses: true,
      run,
    },
    generateRecoveryCodes: {
      access: { of: 'user', permission: 'user.credential.write', self: true, userId: 'userId' },
      hashes: ({ count }) => count,
      run,
    },
  }),
];

const aboutOrganizations = (run: Run) => [
  implement(OrganizationService, {
    addOrganization: { access: { of: 'instance', permission: 'org.create' }, run },
    listOrganizations: { access: { of: 'anyone' }, run },
  }),
  implement(OrganizationSettingsService, {
    getOrganizationSettings: {
      access: { of: 'organization', permission: 'policy.read', organizationId: 'organizationId' },
      run,
    },
  }),
];
