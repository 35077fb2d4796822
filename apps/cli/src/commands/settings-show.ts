import { pathOf } from '#cli/change-of-user.js';
import type { Command } from '#cli/command.js';
import { exitCodes } from '#cli/exit-codes.js';
import { refused } from '#cli/house.js';
import { organizationArgument } from '#cli/organization-argument.js';
import { reach } from '#cli/reach.js';
import type { Json } from '#cli/service-api.js';
import type { OrganizationId } from '#domain/ids.js';

export const settingsShow: Command = {
  name: 'settings show',
  summary: 'Print the settings that are in force in an organization.',
  way: 'either',
  arguments: [organizationArgument],
  options: {},
  examples: [{ line: 'settings show 9c0e1007-6d56-88b8-8021-d892997d39c3', meaning: 'Of one organization' }],
  run: async (call) => {
    const id = call.given.argument(0);
    const settings = await reach<Json>(call, {
      byApi: async (service) => {
        const path = `/countersign/v1/organizations/${pathOf(id)}/settings`;
        return (await service.ask({ verb: 'GET', path })).settings as Json;
      },
      offline: async ({ application }) => {
        const found = await application.surroundings.of(id as OrganizationId);
        if (found.organization !== 'active' && found.organization !== 'inactive')
          throw refused({ code: 'organization-not-found' });
        return { ...found.settings };
      },
    });
    await call.output.answer(settings, () => {
      const rows = Object.entries(settings).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]);
      return call.output.table(['setting', 'value'], rows);
    });
    return exitCodes.done;
  },
};
