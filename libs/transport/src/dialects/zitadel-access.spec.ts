import { create, type Message } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';

import type { OrganizationService } from '#contract/zitadel/org/v2/org_service_pb.js';
import type { SessionService } from '#contract/zitadel/session/v2/session_service_pb.js';
import type { SettingsService } from '#contract/zitadel/settings/v2/settings_service_pb.js';
import { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import type { Parts } from '#transport/dialects/zitadel/parts.js';
import { zitadelServices } from '#transport/dialects/zitadel/services.js';
import { doesGuess, type Implemented, type MethodRules } from '#transport/implementation.js';

type Rpc =
  | keyof typeof UserService.method
  | keyof typeof OrganizationService.method
  | keyof typeof SessionService.method
  | keyof typeof SettingsService.method;

const anybody = 'anyone';
const reading = 'user user.read, or oneself';
const writing = 'user user.write';
const factors = 'user user.credential.write, or oneself';
const tokens = 'user user.token.write, or oneself';
const settings = 'organization policy.read';

/** A call that is new has to be thought about here. */
const table = {
  createUser: 'organization user.write',
  addHumanUser: 'organization user.write',
  getUserByID: reading,
  listUsers: anybody,
  updateUser: `${writing}, or oneself, guessing`,
  deactivateUser: writing,
  reactivateUser: writing,
  lockUser: writing,
  unlockUser: writing,
  deleteUser: 'user user.delete',
  setEmail: writing,
  resendEmailCode: writing,
  sendEmailCode: writing,
  verifyEmail: `${writing}, or oneself, guessing`,
  passwordReset: 'user user.credential.write',
  setPassword: `${factors}, guessing`,
  registerTOTP: factors,
  verifyTOTPRegistration: `${factors}, guessing`,
  removeTOTP: factors,
  generateRecoveryCodes: `${factors}, hashing`,
  removeRecoveryCodes: factors,
  listAuthenticationMethodTypes: reading,
  listAuthenticationFactors: reading,
  addPersonalAccessToken: tokens,
  removePersonalAccessToken: tokens,
  listPersonalAccessTokens: reading,
  setUserMetadata: writing,
  deleteUserMetadata: writing,
  listUserMetadata: reading,
  addOrganization: 'instance org.create',
  listOrganizations: anybody,
  updateOrganization: 'organization org.write',
  deactivateOrganization: 'organization org.write',
  activateOrganization: 'organization org.write',
  deleteOrganization: 'organization org.delete',
  createSession: 'organization session.write, guessing, hashing',
  setSession: 'session session.write, guessing, hashing',
  getSession: 'session session.read',
  listSessions: anybody,
  deleteSession: 'session session.delete',
  getLockoutSettings: settings,
  getLoginSettings: settings,
  getPasswordComplexitySettings: settings,
  getPasswordExpirySettings: settings,
} satisfies Record<Rpc, string>;

const implemented = zitadelServices({} as Parts);

function ruleOf({ implementation: { access, guesses, hashes } }: Implemented): string {
  const whom = access.of === 'anyone' ? access.of : `${access.of} ${access.permission}`;
  const isSelf = access.of === 'user' && access.self;
  return [
    whom,
    ...(isSelf ? ['or oneself'] : []),
    ...(guesses ? ['guessing'] : []),
    ...(hashes ? ['hashing'] : []),
  ].join(', ');
}

describe('who may call, and what a call may cost', () => {
  it.each(Object.entries(table))('%s: %s', (name, rule) => {
    const found = implemented.filter(({ method }) => method.localName === name);
    expect(found.map(ruleOf)).toEqual([rule]);
  });

  it.each([
    [1, 1],
    [10, 10],
    [50, 50],
    [51, 0],
    [2_000_000_000, 0],
  ])('%i recovery codes are %i hashes', (count, hashes) => {
    const { generateRecoveryCodes } = UserService.method;
    const found = implemented.find(({ method }) => method === generateRecoveryCodes);
    const request = create(generateRecoveryCodes.input, { count });
    expect(found?.implementation.hashes?.(request)).toBe(hashes);
  });

  it.each([
    ['no password', undefined, false],
    ['a password that nothing is shown for', {}, false],
    ['the present password', { verification: { case: 'currentPassword' as const, value: 'wrong' } }, true],
    ['a code', { verification: { case: 'verificationCode' as const, value: 'K7PX2M' } }, true],
  ])('a change of a user with %s guesses: %#', (_, password, guessing) => {
    const { updateUser } = UserService.method;
    const found = implemented.find(({ method }) => method === updateUser);
    const value = password === undefined ? {} : { password };
    const request = create(updateUser.input, { userType: { case: 'human', value } });
    expect(doesGuess(found?.implementation as MethodRules<Message>, request)).toBe(guessing);
  });
});
