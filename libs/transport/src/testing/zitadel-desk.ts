// ZITADEL's calls, over a whole application.

import type { Sources } from '#application/queries/queries.js';
import { OrganizationService } from '#contract/zitadel/org/v2/org_service_pb.js';
import { SettingsService } from '#contract/zitadel/settings/v2/settings_service_pb.js';
import { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import { zitadelServices } from '#transport/dialects/zitadel/services.js';
import { type DialectDesk, openDialectDesk } from '#transport/testing/dialect-desk.js';

export interface ZitadelDesk extends DialectDesk {
  readonly sources: Sources;
}

const services = [UserService, OrganizationService, SettingsService];

export async function openZitadelDesk(): Promise<ZitadelDesk> {
  const desk = await openDialectDesk({ services, implement: (parts) => [zitadelServices(parts)] });
  const { application } = desk.house;
  const { signal } = new AbortController();
  const sources = { application, directory: desk.directory, position: null, signal };
  return { ...desk, sources };
}
