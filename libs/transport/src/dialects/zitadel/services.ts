// All of ZITADEL's calls that are built. What is left out here answers that it is not built.

import { OrganizationService } from '#contract/zitadel/org/v2/org_service_pb.js';
import { SessionService } from '#contract/zitadel/session/v2/session_service_pb.js';
import { SettingsService } from '#contract/zitadel/settings/v2/settings_service_pb.js';
import { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import { accessTokens } from '#transport/dialects/zitadel/access-tokens.js';
import { email } from '#transport/dialects/zitadel/email.js';
import { factors } from '#transport/dialects/zitadel/factors.js';
import { lifecycle } from '#transport/dialects/zitadel/lifecycle.js';
import { metadata } from '#transport/dialects/zitadel/metadata.js';
import { newOrganizations } from '#transport/dialects/zitadel/new-organizations.js';
import { newUsers } from '#transport/dialects/zitadel/new-users.js';
import { organizations } from '#transport/dialects/zitadel/organizations.js';
import type { Parts } from '#transport/dialects/zitadel/parts.js';
import { passwords } from '#transport/dialects/zitadel/passwords.js';
import { recoveryCodes } from '#transport/dialects/zitadel/recovery-codes.js';
import { sessions } from '#transport/dialects/zitadel/sessions.js';
import { settings } from '#transport/dialects/zitadel/settings.js';
import { totp } from '#transport/dialects/zitadel/totp.js';
import { updateUser } from '#transport/dialects/zitadel/update-user.js';
import { users } from '#transport/dialects/zitadel/users.js';
import { type Implemented, implement } from '#transport/implementation.js';

export const zitadelServices = (parts: Parts): readonly Implemented[] => [
  ...implement(UserService, {
    ...newUsers(parts),
    ...users(parts),
    ...updateUser(parts),
    ...lifecycle(parts),
    ...email(parts),
    ...passwords(parts),
    ...totp(parts),
    ...recoveryCodes(parts),
    ...factors(parts),
    ...accessTokens(parts),
    ...metadata(parts),
  }),
  ...implement(OrganizationService, { ...newOrganizations(parts), ...organizations(parts) }),
  ...implement(SessionService, sessions(parts)),
  ...implement(SettingsService, settings(parts)),
];
