import type { Command } from '#cli/command.js';
import { exitCodes } from '#cli/exit-codes.js';
import { refused } from '#cli/house.js';
import { organizationArgument } from '#cli/organization-argument.js';
import { policiesPath } from '#cli/policies.js';
import { reach } from '#cli/reach.js';
import type { Json } from '#cli/service-api.js';
import type { OrganizationId } from '#domain/ids.js';
import { isLiving } from '#domain/organization/state.js';
import type { Policies } from '#domain/policy/state.js';

export const policiesList: Command = {
  name: 'policies list',
  summary: 'Print the policies of an organization, which are asked after roles have allowed something.',
  way: 'either',
  arguments: [organizationArgument],
  options: {},
  examples: [{ line: 'policies list 9c0e1007-6d56-88b8-8021-d892997d39c3', meaning: 'Of one organization' }],
  run: async (call) => {
    const id = call.given.argument(0);
    const policies = await reach<Policies>(call, {
      byApi: async (service) => {
        const { policies: told = [] } = await service.ask({ verb: 'GET', path: policiesPath(id) });
        return (told as readonly Json[]).map(({ name, text }) => ({
          name: String(name),
          text: String(text),
        }));
      },
      offline: async ({ application }) => {
        const stream = application.organizationStream(id as OrganizationId);
        const { state } = await application.organizations.streams.fresh(stream);
        if (!isLiving(state)) throw refused({ code: 'organization-not-found' });
        return state.policies;
      },
    });
    await call.output.answer(policies, () =>
      policies.map(({ name, text }) => `// ${name}\n${text.trimEnd()}\n`).join('\n'),
    );
    return exitCodes.done;
  },
};
