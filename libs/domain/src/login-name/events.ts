import type { OrganizationId, UserId } from '#domain/ids.js';

export type LoginNameEvent =
  | { readonly type: 'login.claimed'; readonly userId: UserId; readonly organizationId: OrganizationId }
  | { readonly type: 'login.confirmed'; readonly userId: UserId }
  | { readonly type: 'login.released'; readonly userId: UserId }
  /** A password was given for a name that nobody has: it counts as it would for somebody's. */
  | { readonly type: 'login.password.check.failed' };
