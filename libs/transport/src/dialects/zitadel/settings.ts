// What an organization chose, in ZITADEL's words. What its clients could be misled by is left at zero.

import type { RequestContext } from '#contract/zitadel/object/v2/object_pb.js';
import { SecondFactorType } from '#contract/zitadel/settings/v2/login_settings_pb.js';
import { ResourceOwnerType } from '#contract/zitadel/settings/v2/settings_pb.js';
import type { SettingsService } from '#contract/zitadel/settings/v2/settings_service_pb.js';
import type { SettingName } from '#domain/organization/settings.js';
import type { SettingsAnswer } from '#read-models/queries/organizations.js';
import { detailsOf } from '#transport/dialects/zitadel/messages.js';
import { askingOf, type Parts } from '#transport/dialects/zitadel/parts.js';
import { answered, type Call, type MethodTable } from '#transport/implementation.js';

interface Request {
  readonly ctx?: RequestContext | undefined;
}

const access = {
  of: 'organization',
  permission: 'policy.read',
  organizationId: {
    path: 'ctx.org_id',
    read: ({ ctx }: Request) => (ctx?.resourceOwner.case === 'orgId' ? ctx.resourceOwner.value : null),
  },
} as const;

export function settings(parts: Parts): MethodTable<typeof SettingsService> {
  const telling = <Told>(tell: (found: SettingsAnswer) => Told) => ({
    access,
    run: async ({ ctx }: Request, call: Call) => {
      // Whoever may read the settings of one organization may read what every one inherits.
      const ofInstance = ctx?.resourceOwner.case === 'instance' && ctx.resourceOwner.value;
      const found = ofInstance
        ? await parts.queries.instanceSettings(askingOf(call))
        : await parts.queries.settingsOf(call.organizationId, askingOf(call));
      if (found.kind === 'rejected') return found;
      return answered({ details: detailsOf(found.answer.details), settings: tell(found.answer) });
    },
  });
  return {
    getLockoutSettings: telling((found) => ({
      // In a row, before the password has to be set anew. What delays guesses before that has no field.
      maxPasswordAttempts: BigInt(found.settings.passwordFailuresMax),
      // Of one device, in a row, before it is disabled; a device whose codes are few has fewer.
      maxOtpAttempts: BigInt(found.settings.deviceFailuresMax),
      resourceOwnerType: ownerOf(found, ['passwordFailuresMax', 'deviceFailuresMax']),
    })),
    getLoginSettings: telling((found) => ({
      allowUsernamePassword: true,
      allowLocalAuthentication: true,
      forceMfa: found.settings.secondFactorRequired,
      secondFactors: [SecondFactorType.TOTP, SecondFactorType.RECOVERY_CODES],
      resourceOwnerType: ownerOf(found, ['secondFactorRequired']),
    })),
    getPasswordComplexitySettings: telling((found) => ({
      minLength: BigInt(found.settings.passwordCharactersMin),
      requiresUppercase: found.settings.passwordRequiresUppercase,
      requiresLowercase: found.settings.passwordRequiresLowercase,
      requiresNumber: found.settings.passwordRequiresDigit,
      requiresSymbol: found.settings.passwordRequiresSymbol,
      resourceOwnerType: ownerOf(found, ofComplexity),
    })),
    // No password has an end of its own, whatever an organization chooses.
    getPasswordExpirySettings: telling(() => ({ resourceOwnerType: ResourceOwnerType.INSTANCE })),
  };
}

const ofComplexity = [
  'passwordCharactersMin',
  'passwordRequiresUppercase',
  'passwordRequiresLowercase',
  'passwordRequiresDigit',
  'passwordRequiresSymbol',
] as const satisfies readonly SettingName[];

const ownerOf = ({ chosen }: SettingsAnswer, names: readonly SettingName[]): ResourceOwnerType =>
  names.some((name) => chosen.includes(name)) ? ResourceOwnerType.ORG : ResourceOwnerType.INSTANCE;
