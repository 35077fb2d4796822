import { changedHere, changedText, changedThere } from '#cli/changed.js';
import type { Command } from '#cli/command.js';
import { exitCodes } from '#cli/exit-codes.js';
import { organizationArgument } from '#cli/organization-argument.js';
import { policyArgument, policyPath } from '#cli/policies.js';
import { reach } from '#cli/reach.js';
import type { OrganizationId } from '#domain/ids.js';

export const policiesRemove: Command = {
  name: 'policies remove',
  summary: 'Remove a policy of an organization; without any, roles decide alone.',
  way: 'either',
  arguments: [organizationArgument, policyArgument],
  options: {},
  examples: [
    {
      line: 'policies remove 9c0e1007-6d56-88b8-8021-d892997d39c3 office-hours',
      meaning: 'Of an organization, a policy',
    },
  ],
  run: async (call) => {
    const { given, output } = call;
    const [id, name] = [given.argument(0), given.argument(1)];
    const changed = await reach(call, {
      byApi: async (service) =>
        changedThere(await service.ask({ verb: 'DELETE', path: policyPath(id, name) })),
      offline: async (house) => {
        const { RemovePolicy } = await import('#application/policy/remove-policy.js');
        const command = new RemovePolicy({ organizationId: id as OrganizationId, name, by: house.by });
        return changedHere((await house.run(command)).details);
      },
    });
    await output.answer(changed, () => changedText(`${name} was removed`, changed));
    return exitCodes.done;
  },
};
