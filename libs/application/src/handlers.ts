import { AddAccessTokenHandler } from '#application/access-token/add-access-token.js';
import { RemoveAccessTokenHandler } from '#application/access-token/remove-access-token.js';
import { ResetAttemptsHandler } from '#application/attempts/reset-attempts.js';
import { ResetFactorsHandler } from '#application/attempts/reset-factors.js';
import { AddInstanceMemberHandler } from '#application/instance/add-instance-member.js';
import { ChangeInstanceMemberHandler } from '#application/instance/change-instance-member.js';
import { ChangeInstanceSettingsHandler } from '#application/instance/change-instance-settings.js';
import { GiveOrderHandler } from '#application/instance/give-order.js';
import { RemoveInstanceMemberHandler } from '#application/instance/remove-instance-member.js';
import { ResetInstanceSettingsHandler } from '#application/instance/reset-instance-settings.js';
import { SetUpInstanceHandler } from '#application/instance/set-up-instance.js';
import { RemoveUserMetadataHandler } from '#application/metadata/remove-user-metadata.js';
import { SetUserMetadataHandler } from '#application/metadata/set-user-metadata.js';
import { AddOrganizationHandler } from '#application/organization/add-organization.js';
import { AddOrganizationMemberHandler } from '#application/organization/add-organization-member.js';
import { ChangeOrganizationMemberHandler } from '#application/organization/change-organization-member.js';
import { ChangeOrganizationSettingsHandler } from '#application/organization/change-organization-settings.js';
import { DeactivateOrganizationHandler } from '#application/organization/deactivate-organization.js';
import { ReactivateOrganizationHandler } from '#application/organization/reactivate-organization.js';
import { RemoveOrganizationHandler } from '#application/organization/remove-organization.js';
import { RemoveOrganizationMemberHandler } from '#application/organization/remove-organization-member.js';
import { RenameOrganizationHandler } from '#application/organization/rename-organization.js';
import { ResetOrganizationSettingsHandler } from '#application/organization/reset-organization-settings.js';
import { RequestPasswordCodeHandler } from '#application/password/request-password-code.js';
import { SetPasswordHandler } from '#application/password/set-password.js';
import { RemovePolicyHandler } from '#application/policy/remove-policy.js';
import { SetPolicyHandler } from '#application/policy/set-policy.js';
import { GenerateRecoveryCodesHandler } from '#application/recovery-codes/generate-recovery-codes.js';
import { RemoveRecoveryCodesHandler } from '#application/recovery-codes/remove-recovery-codes.js';
import { VerifyRecoveryCodeHandler } from '#application/recovery-codes/verify-recovery-code.js';
import { CreateSessionHandler } from '#application/session/create-session.js';
import { DeleteSessionHandler } from '#application/session/delete-session.js';
import { SetSessionHandler } from '#application/session/set-session.js';
import { AddSigningKeyHandler } from '#application/signing-keys/add-signing-key.js';
import { RegisterTotpSeedHandler } from '#application/totp/register-totp-seed.js';
import { RemoveFactorsHandler } from '#application/totp/remove-factors.js';
import { RemoveTotpHandler } from '#application/totp/remove-totp.js';
import { RenameTotpHandler } from '#application/totp/rename-totp.js';
import { ResyncTotpHandler } from '#application/totp/resync-totp.js';
import { StartTotpRegistrationHandler } from '#application/totp/start-totp-registration.js';
import { VerifyTotpHandler } from '#application/totp/verify-totp.js';
import { VerifyTotpRegistrationHandler } from '#application/totp/verify-totp-registration.js';
import { AddHumanUserHandler } from '#application/user/add-human-user.js';
import { AddMachineUserHandler } from '#application/user/add-machine-user.js';
import { ChangeEmailHandler } from '#application/user/change-email.js';
import { ChangeHumanProfileHandler } from '#application/user/change-human-profile.js';
import { ChangeHumanUserHandler } from '#application/user/change-human-user.js';
import { ChangeMachineUserHandler } from '#application/user/change-machine-user.js';
import { ChangePhoneHandler } from '#application/user/change-phone.js';
import { ChangeUsernameHandler } from '#application/user/change-username.js';
import { DeactivateUserHandler } from '#application/user/deactivate-user.js';
import { EraseUserHandler } from '#application/user/erase-user.js';
import { LockUserHandler } from '#application/user/lock-user.js';
import { ReactivateUserHandler } from '#application/user/reactivate-user.js';
import { RemovePhoneHandler } from '#application/user/remove-phone.js';
import { RemoveUserHandler } from '#application/user/remove-user.js';
import { RequestEmailCodeHandler } from '#application/user/request-email-code.js';
import { UnlockUserHandler } from '#application/user/unlock-user.js';
import { VerifyEmailHandler } from '#application/user/verify-email.js';

/** One for each command. */
export const handlers = [
  AddAccessTokenHandler,
  RemoveAccessTokenHandler,
  ResetAttemptsHandler,
  ResetFactorsHandler,
  AddInstanceMemberHandler,
  ChangeInstanceMemberHandler,
  ChangeInstanceSettingsHandler,
  GiveOrderHandler,
  RemoveInstanceMemberHandler,
  ResetInstanceSettingsHandler,
  SetUpInstanceHandler,
  AddOrganizationHandler,
  AddOrganizationMemberHandler,
  ChangeOrganizationMemberHandler,
  ChangeOrganizationSettingsHandler,
  DeactivateOrganizationHandler,
  ReactivateOrganizationHandler,
  RemoveOrganizationHandler,
  RemoveOrganizationMemberHandler,
  RenameOrganizationHandler,
  ResetOrganizationSettingsHandler,
  RemoveUserMetadataHandler,
  SetUserMetadataHandler,
  RequestPasswordCodeHandler,
  SetPasswordHandler,
  RemovePolicyHandler,
  SetPolicyHandler,
  GenerateRecoveryCodesHandler,
  RemoveRecoveryCodesHandler,
  VerifyRecoveryCodeHandler,
  CreateSessionHandler,
  DeleteSessionHandler,
  SetSessionHandler,
  AddSigningKeyHandler,
  RegisterTotpSeedHandler,
  RemoveFactorsHandler,
  RemoveTotpHandler,
  RenameTotpHandler,
  ResyncTotpHandler,
  StartTotpRegistrationHandler,
  VerifyTotpHandler,
  VerifyTotpRegistrationHandler,
  AddHumanUserHandler,
  AddMachineUserHandler,
  ChangeEmailHandler,
  ChangeHumanProfileHandler,
  ChangeHumanUserHandler,
  ChangeMachineUserHandler,
  ChangePhoneHandler,
  ChangeUsernameHandler,
  DeactivateUserHandler,
  EraseUserHandler,
  LockUserHandler,
  ReactivateUserHandler,
  RemovePhoneHandler,
  RemoveUserHandler,
  RequestEmailCodeHandler,
  UnlockUserHandler,
  VerifyEmailHandler,
];
