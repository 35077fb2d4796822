import type { Command } from '#cli/command.js';
import { exitCodes } from '#cli/exit-codes.js';
import { organizationArgument } from '#cli/organization-argument.js';
import { policiesPath } from '#cli/policies.js';
import { reach } from '#cli/reach.js';
import type { Json } from '#cli/service-api.js';

export const policiesExplain: Command = {
  name: 'policies explain',
  summary: 'Print what roles and policies would decide about what a user does, and why; nothing is done.',
  way: 'either',
  arguments: [
    organizationArgument,
    { name: 'user', meaning: 'The id of the user who would do it.' },
    { name: 'action', meaning: 'What would be done, such as user.credential.write.' },
  ],
  options: {
    to: {
      meaning: 'The id of the user whom it would be done to. Left out, it is the organization.',
      value: 'user',
    },
    address: { meaning: 'From which address it would come.', value: 'address' },
  },
  examples: [
    {
      line: 'policies explain 9c0e1007-6d56-88b8-8021-d892997d39c3 66d2f0e4-100e-89b1-ae1b-73a2ad7db76c org.write',
      meaning: 'Of an organization, what a user may do to it',
    },
  ],
  run: async (call) => {
    const { given, output } = call;
    const [to, address] = [given.text('to'), given.text('address')];
    const asked = new URLSearchParams({
      userId: given.argument(1),
      action: given.argument(2),
      ...(to !== null && { targetUserId: to }),
      ...(address !== null && { address }),
    });
    const explained = await reach<Json>(call, {
      byApi: (service) =>
        service.ask({ verb: 'GET', path: `${policiesPath(given.argument(0))}/explain?${asked}` }),
      offline: null,
    });
    await output.answer(explained, () => textOf(explained));
    return exitCodes.done;
  },
};

function textOf({ allowed, allowedByRoles, verdict, policies = [], notices = [] }: Json): string {
  if (allowedByRoles !== true) return 'refused: no role allows it, and no policy is asked';
  if (verdict === undefined) return 'allowed: a role allows it, and the organization has no policies';
  const names = (policies as readonly string[]).join(', ') || 'none of the policies';
  const said = (notices as readonly Json[]).map(({ notice }) => `\n  ${notice}`).join('');
  return `${allowed === true ? 'allowed' : 'refused'} by ${names}, ${verdicts[String(verdict)]}${said}`;
}

const verdicts: Readonly<Record<string, string>> = {
  POLICY_VERDICT_PERMITTED: 'which permits it',
  POLICY_VERDICT_FORBIDDEN: 'which forbids it',
  POLICY_VERDICT_NOT_PERMITTED: 'since none permits it',
  POLICY_VERDICT_FAILED: 'since it could not be evaluated',
};
