// What a policy is written in: a name that stands in paths and lists, and a text of some lines.

import { rule } from '#application/input.js';

const policyNameCharactersMax = 64;
/** Some dozen conditions: all policies of an organization are at hand with it. */
const policyCharactersMax = 4_096;

const name = /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/;
/** But tabs and the ends of lines. */
const controlCharacter = /(?![\t\n\r])\p{Cc}|\p{Cs}/u;

export const IsPolicyName = (): PropertyDecorator =>
  rule(
    'policy-name',
    `must be 1 to ${policyNameCharactersMax} small letters, digits, and dots, hyphens and underscores between them`,
    (value) => typeof value === 'string' && value.length <= policyNameCharactersMax && name.test(value),
  );

export const IsPolicyText = (): PropertyDecorator =>
  rule(
    'policy-text',
    `must be 1 to ${policyCharactersMax} characters, none of them a control character but tabs and ends of lines`,
    (value) =>
      typeof value === 'string' &&
      value.length >= 1 &&
      value.length <= policyCharactersMax &&
      !controlCharacter.test(value),
  );
