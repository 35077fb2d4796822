// What organizations and the instance chose, and what follows from both.

import type { OrganizationId } from '#domain/ids.js';
import {
  defaultSettings,
  type Overrides,
  type Settings,
  settingsWith,
} from '#domain/organization/settings.js';
import type { Reading } from '#read-models/store.js';

/** What holds for the users of an organization: what it chose, else what the instance chose, else the defaults. */
export async function effectiveSettings(organizationId: OrganizationId, reading: Reading): Promise<Settings> {
  return settingsWith(await chosenBy(organizationId, reading), await inheritedSettings(reading));
}

/** What holds wherever an organization chose nothing. */
export async function inheritedSettings(reading: Reading): Promise<Settings> {
  return settingsWith(await chosenBy(null, reading), defaultSettings);
}

/** @param organizationId null for the instance */
export async function chosenBy(organizationId: OrganizationId | null, reading: Reading): Promise<Overrides> {
  const table = organizationId === null ? 'instance_settings' : 'settings';
  const all = reading.db.selectFrom(reading.tableOf('organizations', table)).select(['name', 'value']);
  const asked = organizationId === null ? all : all.where('organization_id', '=', organizationId);
  const rows: { name: string; value: string }[] = await asked.orderBy('place').orderBy('number').execute();
  return Object.fromEntries(rows.map(({ name, value }) => [name, JSON.parse(value)]));
}
