import type { Permission } from '#access/permissions.js';
import { isLimit } from '#access/rate-limits.js';
import { ChangeOrganizationSettings } from '#application/organization/change-organization-settings.js';
import { ResetOrganizationSettings } from '#application/organization/reset-organization-settings.js';
import { SettingsFields } from '#application/organization/settings-fields.js';
import { OrganizationSettingsService } from '#contract/countersign/v1/organization_settings_service_pb.js';
import { detailsOf, inDetails } from '#transport/dialects/countersign/messages.js';
import { askingOf, type Parts } from '#transport/dialects/countersign/parts.js';
import {
  chosenSettings,
  settingName,
  settingNumbers,
  settingsMessage,
} from '#transport/dialects/countersign/settings-messages.js';
import { parameterViolations } from '#transport/dialects/countersign/totp-messages.js';
import { invalid, unknownValue } from '#transport/dialects/countersign/violations.js';
import {
  answered,
  type Implemented,
  implement,
  type MethodTable,
  refused,
  told,
} from '#transport/implementation.js';

const reading = {
  of: 'organization',
  permission: 'policy.read',
  organizationId: 'organizationId',
} as const;

const permissionFor = (names: readonly string[]): Permission =>
  names.some(isLimit) ? 'instance.limit.write' : 'policy.write';

type Methods = MethodTable<typeof OrganizationSettingsService>;

export const organizationSettingsService = (parts: Parts): readonly Implemented[] =>
  implement(OrganizationSettingsService, { ...reads(parts), ...changes(parts) });

const reads = (parts: Parts): Methods => ({
  getOrganizationSettings: {
    access: reading,
    run: async (_, call) => {
      const found = await parts.queries.settingsOf(call.organizationId, askingOf(call));
      if (found.kind === 'rejected') return found;
      const { details, settings, chosen } = found.answer;
      return answered({
        details: detailsOf(details),
        settings: settingsMessage(settings),
        chosen: chosen.map((name) => settingNumbers[name]).toSorted((one, other) => one - other),
      });
    },
  },
});

const changes = ({ run }: Parts): Methods => ({
  changeOrganizationSettings: {
    access: {
      ...reading,
      permission: ({ settings }) => permissionFor(Object.keys(chosenSettings(settings))),
    },
    fields: { changed: 'settings' },
    run: async ({ settings }, { organizationId, by }) => {
      const violations = parameterViolations(settings?.totpParameters, 'settings.totp_parameters');
      if (violations.length > 0) return refused(invalid(violations));
      const changed = new SettingsFields(chosenSettings(settings));
      return told(await run(new ChangeOrganizationSettings({ organizationId, changed, by })), inDetails);
    },
  },
  resetOrganizationSettings: {
    access: {
      ...reading,
      permission: ({ names }) => permissionFor(names.map((number) => settingName(number) ?? '')),
    },
    run: async (request, { organizationId, by }) => {
      const names = request.names.flatMap((number) => settingName(number) ?? []);
      if (names.length < request.names.length)
        return refused(
          invalid(
            request.names.flatMap((number, index) =>
              settingName(number) === null ? [unknownValue(`names[${index}]`)] : [],
            ),
          ),
        );
      return told(await run(new ResetOrganizationSettings({ organizationId, names, by })), inDetails);
    },
  },
});
