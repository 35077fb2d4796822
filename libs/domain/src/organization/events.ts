import type { OrganizationId, UserId } from '#domain/ids.js';
import type { SettingName, Settings } from '#domain/organization/settings.js';
import type { PolicyEvent } from '#domain/policy/events.js';
import type { QuotaReached } from '#domain/quota/events.js';

export type OrganizationEvent =
  | PolicyEvent
  | QuotaReached
  | {
      readonly type: 'org.added';
      /** Null where it was not yet written down. */
      readonly organizationId: OrganizationId | null;
      readonly name: string;
    }
  | { readonly type: 'org.changed'; readonly name: string }
  | { readonly type: 'org.deactivated' }
  | { readonly type: 'org.reactivated' }
  | { readonly type: 'org.removed' }
  | { readonly type: 'org.settings.changed'; readonly changed: Partial<Settings> }
  /** These follow the instance again. */
  | { readonly type: 'org.settings.reset'; readonly names: readonly SettingName[] }
  | { readonly type: 'org.member.added'; readonly userId: UserId; readonly roles: readonly string[] }
  | { readonly type: 'org.member.changed'; readonly userId: UserId; readonly roles: readonly string[] }
  | { readonly type: 'org.member.removed'; readonly userId: UserId };
