import { AddAccessTokenHandler } from '#application/access-token/add-access-token.js';
import { RemoveAccessTokenHandler } from '#application/access-token/remove-access-token.js';
import { ResetAttemptsHandler } from '#application/attempts/reset-attempts.js';
import { ResetFactorsHandler } from '#application/attempts/reset-factors.js';
import { AddOrganizationHandler } from '#application/organization/add-organization.js';
import { GenerateRecoveryCodesHandler } from '#application/recovery-codes/generate-recovery-codes.js';
import { RemoveRecoveryCodesHandler } from '#application/recovery-codes/remove-recovery-codes.js';
import { VerifyRecoveryCodeHandler } from '#application/recovery-codes/verify-recovery-code.js';
import { RegisterTotpSeedHandler } from '#application/totp/register-totp-seed.js';
import { RemoveTotpHandler } from '#application/totp/remove-totp.js';
import { RenameTotpHandler } from '#application/totp/rename-totp.js';
import { ResyncTotpHandler } from '#application/totp/resync-totp.js';
import { StartTotpRegistrationHandler } from '#application/totp/start-totp-registration.js';
import { VerifyTotpHandler } from '#application/totp/verify-totp.js';
import { VerifyTotpRegistrationHandler } from '#application/totp/verify-totp-registration.js';
import { AddHumanUserHandler } from '#application/user/add-human-user.js';

/** One for each command. */
export const handlers = [
  AddAccessTokenHandler,
  RemoveAccessTokenHandler,
  ResetAttemptsHandler,
  ResetFactorsHandler,
  AddOrganizationHandler,
  GenerateRecoveryCodesHandler,
  RemoveRecoveryCodesHandler,
  VerifyRecoveryCodeHandler,
  RegisterTotpSeedHandler,
  RemoveTotpHandler,
  RenameTotpHandler,
  ResyncTotpHandler,
  StartTotpRegistrationHandler,
  VerifyTotpHandler,
  VerifyTotpRegistrationHandler,
  AddHumanUserHandler,
];
