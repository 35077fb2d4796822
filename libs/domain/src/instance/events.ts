import type { UserId } from '#domain/ids.js';
import type { SettingName, Settings } from '#domain/organization/settings.js';

export type InstanceEvent =
  | { readonly type: 'instance.added'; readonly instanceId: string }
  | { readonly type: 'instance.settings.changed'; readonly changed: Partial<Settings> }
  | { readonly type: 'instance.settings.reset'; readonly names: readonly SettingName[] }
  | { readonly type: 'instance.member.added'; readonly userId: UserId; readonly roles: readonly string[] }
  | { readonly type: 'instance.member.changed'; readonly userId: UserId; readonly roles: readonly string[] }
  | { readonly type: 'instance.member.removed'; readonly userId: UserId };
