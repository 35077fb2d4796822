import { existsSync, readFileSync } from 'node:fs';
import { text as readAll } from 'node:stream/consumers';

import { changedHere, changedText, changedThere } from '#cli/changed.js';
import type { Command } from '#cli/command.js';
import { notNow } from '#cli/command-failure.js';
import { exitCodes } from '#cli/exit-codes.js';
import { organizationArgument } from '#cli/organization-argument.js';
import { policyArgument, policyPath } from '#cli/policies.js';
import { reach } from '#cli/reach.js';
import type { OrganizationId } from '#domain/ids.js';

export const policiesSet: Command = {
  name: 'policies set',
  summary: 'Set a policy of an organization, in the place of the one that has this name.',
  details:
    'The file has one statement of Cedar. Once an organization has a policy, nothing is done in it that none permits: begin with one that permits, such as permit (principal, action, resource);',
  way: 'either',
  arguments: [
    organizationArgument,
    policyArgument,
    { name: 'file', meaning: 'Its text in Cedar; - for standard input.', completes: 'file' },
  ],
  options: {},
  examples: [
    {
      line: 'policies set 9c0e1007-6d56-88b8-8021-d892997d39c3 office-hours office-hours.cedar',
      meaning: 'From a file',
    },
  ],
  run: async (call) => {
    const { given, output } = call;
    const [id, name] = [given.argument(0), given.argument(1)];
    const text = await textIn(given.argument(2));
    const changed = await reach(call, {
      byApi: async (service) =>
        changedThere(await service.ask({ verb: 'PUT', path: policyPath(id, name), body: { text } })),
      offline: async (house) => {
        const { SetPolicy } = await import('#application/policy/set-policy.js');
        const command = new SetPolicy({ organizationId: id as OrganizationId, name, text, by: house.by });
        return changedHere((await house.run(command)).details);
      },
    });
    await output.answer(changed, () => changedText(`${name} was set`, changed));
    return exitCodes.done;
  },
};

/** Throws `CommandFailure` where there is no such file. */
async function textIn(path: string): Promise<string> {
  if (path === '-') return await readAll(process.stdin);
  if (!existsSync(path)) throw notNow(`there is no file ${path}`, 'name the file of the policy');
  return readFileSync(path, 'utf8');
}
