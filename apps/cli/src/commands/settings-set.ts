import { pathOf } from '#cli/change-of-user.js';
import { changedHere, changedText, changedThere } from '#cli/changed.js';
import type { Command } from '#cli/command.js';
import { usageFailure } from '#cli/command-failure.js';
import { exitCodes } from '#cli/exit-codes.js';
import { organizationArgument } from '#cli/organization-argument.js';
import { reach } from '#cli/reach.js';
import type { OrganizationId } from '#domain/ids.js';
import { defaultSettings, type Overrides } from '#domain/organization/settings.js';

const names = Object.keys(defaultSettings).filter((name) => name !== 'totpParameters');

export const settingsSet: Command = {
  name: 'settings set',
  summary: 'Change one setting of an organization; the others stay.',
  way: 'either',
  arguments: [
    organizationArgument,
    { name: 'setting', meaning: 'Which one.', choices: names },
    { name: 'value', meaning: 'A number, a text, or true or false.' },
  ],
  options: {},
  examples: [
    {
      line: 'settings set 9c0e1007-6d56-88b8-8021-d892997d39c3 secondFactorRequired true',
      meaning: 'Nobody without a second factor',
    },
    {
      line: 'settings set 9c0e1007-6d56-88b8-8021-d892997d39c3 failuresBeforeDelay 3',
      meaning: 'A stricter delay',
    },
  ],
  run: async (call) => {
    const { given, output } = call;
    const [id, name] = [given.argument(0), given.argument(1)];
    const settings: Overrides = { [name]: settingOf(name, given.argument(2)) };
    const changed = await reach(call, {
      byApi: async (service) => {
        const path = `/countersign/v1/organizations/${pathOf(id)}/settings`;
        return changedThere(await service.ask({ verb: 'PATCH', path, body: { settings } }));
      },
      offline: async (house) => {
        const [{ ChangeOrganizationSettings }, { SettingsFields }] = await Promise.all([
          import('#application/organization/change-organization-settings.js'),
          import('#application/organization/settings-fields.js'),
        ]);
        const organizationId = id as OrganizationId;
        const command = new ChangeOrganizationSettings({
          organizationId,
          changed: new SettingsFields(settings),
          by: house.by,
        });
        return changedHere((await house.run(command)).details);
      },
    });
    await output.answer(changed, () => changedText(`${name} was set`, changed));
    return exitCodes.done;
  },
};

/** Of the kind that its default has. */
function settingOf(name: string, text: string): string | number | boolean {
  const kind = name === 'issuer' ? 'string' : typeof defaultSettings[name as keyof typeof defaultSettings];
  if (kind === 'string') return text;
  if (kind === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  if (kind === 'number' && /^\d{1,9}$/.test(text)) return Number(text);
  throw usageFailure(
    `${name} must be ${kind === 'number' ? 'a whole number' : 'true or false'}`,
    `it was ${JSON.stringify(text)}`,
  );
}
