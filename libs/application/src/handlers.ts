import { AddOrganizationHandler } from '#application/organization/add-organization.js';
import { StartTotpRegistrationHandler } from '#application/totp/start-totp-registration.js';
import { VerifyTotpHandler } from '#application/totp/verify-totp.js';
import { AddHumanUserHandler } from '#application/user/add-human-user.js';

/** One for each command. */
export const handlers = [
  AddOrganizationHandler,
  AddHumanUserHandler,
  StartTotpRegistrationHandler,
  VerifyTotpHandler,
];
