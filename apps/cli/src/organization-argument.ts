import type { Argument } from '#cli/command.js';

export const organizationArgument: Argument = {
  name: 'organization',
  meaning: 'The id of the organization.',
};
