// ZITADEL's calls, over a whole application.

import { OrganizationService } from '#contract/zitadel/org/v2/org_service_pb.js';
import { SessionService } from '#contract/zitadel/session/v2/session_service_pb.js';
import { SettingsService } from '#contract/zitadel/settings/v2/settings_service_pb.js';
import { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import { zitadelServices } from '#transport/dialects/zitadel/services.js';
import { type Dialect, type DialectDesk, openDialectDesk } from '#transport/testing/dialect-desk.js';

export type ZitadelDesk = DialectDesk;

const services = [UserService, OrganizationService, SessionService, SettingsService];

export const openZitadelDesk = (given: Pick<Dialect, 'house'> = {}): Promise<ZitadelDesk> =>
  openDialectDesk({ ...given, services, implement: (parts) => [zitadelServices(parts)] });
