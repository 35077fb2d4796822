// What the commands on policies have in common.

import { pathOf } from '#cli/change-of-user.js';
import type { Argument } from '#cli/command.js';

export const policyArgument: Argument = {
  name: 'policy',
  meaning: 'Its name: small letters, digits, dots, hyphens and underscores.',
};

export const policiesPath = (organization: string): string =>
  `/countersign/v1/organizations/${pathOf(organization)}/policies`;

export const policyPath = (organization: string, name: string): string =>
  `${policiesPath(organization)}/${pathOf(name)}`;
