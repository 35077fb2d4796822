// Every command, in an order in which each is accepted once and refused once, about people whose every word is a
// canary. What comes back is given to the script, which learns from it what it could not know before.

import { randomBytes } from 'node:crypto';

import { AddAccessToken } from '#application/access-token/add-access-token.js';
import { RemoveAccessToken } from '#application/access-token/remove-access-token.js';
import { ResetAttempts } from '#application/attempts/reset-attempts.js';
import { ResetFactors } from '#application/attempts/reset-factors.js';
import { AddInstanceMember } from '#application/instance/add-instance-member.js';
import { ChangeInstanceMember } from '#application/instance/change-instance-member.js';
import { ChangeInstanceSettings } from '#application/instance/change-instance-settings.js';
import { GiveOrder } from '#application/instance/give-order.js';
import { RemoveInstanceMember } from '#application/instance/remove-instance-member.js';
import { ResetInstanceSettings } from '#application/instance/reset-instance-settings.js';
import { SetUpInstance } from '#application/instance/set-up-instance.js';
import { RemoveUserMetadata } from '#application/metadata/remove-user-metadata.js';
import { SetUserMetadata } from '#application/metadata/set-user-metadata.js';
import { AddOrganization } from '#application/organization/add-organization.js';
import { AddOrganizationMember } from '#application/organization/add-organization-member.js';
import { ChangeOrganizationMember } from '#application/organization/change-organization-member.js';
import { ChangeOrganizationSettings } from '#application/organization/change-organization-settings.js';
import { DeactivateOrganization } from '#application/organization/deactivate-organization.js';
import { ReactivateOrganization } from '#application/organization/reactivate-organization.js';
import { RemoveOrganization } from '#application/organization/remove-organization.js';
import { RemoveOrganizationMember } from '#application/organization/remove-organization-member.js';
import { RenameOrganization } from '#application/organization/rename-organization.js';
import { ResetOrganizationSettings } from '#application/organization/reset-organization-settings.js';
import { SettingsFields } from '#application/organization/settings-fields.js';
import { NewPasswordFields } from '#application/password/chosen.js';
import { RemovePolicy } from '#application/policy/remove-policy.js';
import { SetPolicy } from '#application/policy/set-policy.js';
import { GenerateRecoveryCodes } from '#application/recovery-codes/generate-recovery-codes.js';
import { RemoveRecoveryCodes } from '#application/recovery-codes/remove-recovery-codes.js';
import { VerifyRecoveryCode } from '#application/recovery-codes/verify-recovery-code.js';
import { AddSigningKey } from '#application/signing-keys/add-signing-key.js';
import { by, organizationId } from '#application/testing/house.js';
import { RegisterTotpSeed } from '#application/totp/register-totp-seed.js';
import { RemoveFactors } from '#application/totp/remove-factors.js';
import { RemoveTotp } from '#application/totp/remove-totp.js';
import { RenameTotp } from '#application/totp/rename-totp.js';
import { ResyncTotp } from '#application/totp/resync-totp.js';
import { StartTotpRegistration } from '#application/totp/start-totp-registration.js';
import { VerifyTotp } from '#application/totp/verify-totp.js';
import { VerifyTotpRegistration } from '#application/totp/verify-totp-registration.js';
import { AddHumanUser } from '#application/user/add-human-user.js';
import { AddMachineUser } from '#application/user/add-machine-user.js';
import { ChangeEmail } from '#application/user/change-email.js';
import { ChangeHumanProfile } from '#application/user/change-human-profile.js';
import { ChangeHumanUser, EmailFields } from '#application/user/change-human-user.js';
import { ChangeMachineUser } from '#application/user/change-machine-user.js';
import { ChangePhone } from '#application/user/change-phone.js';
import { ChangeUsername } from '#application/user/change-username.js';
import { DeactivateUser } from '#application/user/deactivate-user.js';
import { EraseUser } from '#application/user/erase-user.js';
import { LockUser } from '#application/user/lock-user.js';
import { HumanProfileChanges, HumanProfileFields } from '#application/user/profile.js';
import { ReactivateUser } from '#application/user/reactivate-user.js';
import { RemovePhone } from '#application/user/remove-phone.js';
import { RemoveUser } from '#application/user/remove-user.js';
import { RequestEmailCode } from '#application/user/request-email-code.js';
import { UnlockUser } from '#application/user/unlock-user.js';
import { VerifyEmail } from '#application/user/verify-email.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { defaultSettings } from '#domain/organization/settings.js';
import type { TotpParameters } from '#domain/totp/events.js';
import { parseAccessToken } from '#secrets/access-tokens.js';
import { base32Decode, base32Encode } from '#secrets/base32.js';
import { newId } from '#secrets/ids.js';
import { newTotpSecret, totpCode } from '#secrets/totp.js';
import { passwords } from '#test/faults/every-password.js';
import { sessions } from '#test/faults/every-session.js';
import { type Canary, canaryOf } from '#test/faults/leak-search.js';
import { accepted, once, type Part, refused, type Script } from '#test/faults/script-steps.js';

/** What must not be found anywhere. */
export class Planted {
  readonly canaries: Canary[] = [];

  learn<Value extends string | Uint8Array>(name: string, value: Value): Value {
    this.canaries.push(canaryOf(name, value));
    return value;
  }

  /** A text of its own, with what is escaped somewhere; its core is known by itself too. */
  text(name: string): string {
    const core = this.learn(`${name} (core)`, randomBytes(8).toString('hex'));
    return this.learn(name, `${name} "ë"/${core}`);
  }

  email(name: string): string {
    return this.learn(
      name,
      `zoë.${this.learn(`${name} (core)`, randomBytes(8).toString('hex'))}@example.com`,
    );
  }

  phone(): string {
    return this.learn('phone', `+49 ${randomBytes(8).readBigUInt64BE()}`.slice(0, 18));
  }

  profile(): HumanProfileFields {
    const names = ['givenName', 'familyName', 'nickName', 'displayName'] as const;
    const entries = names.map((name) => [name, this.text(name)] as const);
    return new HumanProfileFields(Object.fromEntries(entries) as Record<(typeof names)[number], string>);
  }

  /** In base32, as it is sent. */
  seed(): string {
    const seed = this.learn('seed', newTotpSecret());
    return this.learn('seed in base32', base32Encode(seed));
  }

  code(text: string): string {
    return this.learn('TOTP code', text);
  }
}

export interface Scene {
  readonly planted: Planted;
  readonly clock: { now: number };
}

export function* everyCommand(scene: Scene): Script {
  yield* instanceAndOrganization();
  const userId = newId() as UserId;
  yield* people(scene, userId);
  yield* metadata(scene, userId);
  yield* members(userId);
  yield* policies();
  yield* emails(scene, userId);
  yield* devices(scene, userId);
  yield* recovery(scene, userId);
  yield* tokens(scene, userId);
  yield* passwords(scene, userId);
  yield* sessions(scene, userId);
  yield* ends(scene, userId);
}

function* instanceAndOrganization(): Part<void> {
  const member = { userId: newId() as UserId, roles: ['INSTANCE_VIEWER'], by };
  const changed = new SettingsFields({ issuer: 'Acme', totpDevicesMax: 3 });
  const malformed = new SettingsFields({ issuer: 'a:b' });
  yield* refused('instance-not-set-up', new AddInstanceMember(member));
  yield* refused('instance-not-set-up', new ResetInstanceSettings({ names: ['issuer'], by }));
  const order = { type: 'instance.projection.paused', projection: 'users' } as const;
  yield* refused('instance-not-set-up', new GiveOrder({ order, by }));
  yield* refused('instance-not-set-up', new AddSigningKey({ wanted: 'ordered', by }));
  yield* once(new SetUpInstance({ instanceId: newId(), by }), 'instance-already-set-up');
  yield* refused('user-not-found', new AddInstanceMember(member));
  yield* accepted(new ChangeInstanceSettings({ changed, by }));
  yield* refused('setting-malformed', new ChangeInstanceSettings({ changed: malformed, by }));
  yield* accepted(new ResetInstanceSettings({ names: ['issuer'], by }));
  yield* accepted(new GiveOrder({ order, by }));
  for (const wanted of ['due', 'ordered', 'at-once'] as const)
    yield* accepted(new AddSigningKey({ wanted, by }));
  const it = { organizationId, by };
  yield* refused('organization-not-found', new ResetOrganizationSettings({ ...it, names: ['issuer'] }));
  yield* once(new AddOrganization({ ...it, name: 'Acme' }), 'organization-already-exists');
  yield* accepted(new RenameOrganization({ ...it, name: 'Acme and Sons' }));
  yield* accepted(new ChangeOrganizationSettings({ ...it, changed }));
  yield* refused('setting-malformed', new ChangeOrganizationSettings({ ...it, changed: malformed }));
  yield* accepted(new ResetOrganizationSettings({ ...it, names: ['issuer'] }));
  yield* once(new DeactivateOrganization(it), 'organization-already-inactive');
  yield* once(new ReactivateOrganization(it), 'organization-not-inactive');
}

function* people({ planted }: Scene, userId: UserId): Part<void> {
  const them = { organizationId, userId, by };
  const email = planted.email('email');
  const added = new AddHumanUser({
    ...them,
    password: new NewPasswordFields({ value: planted.text('first password'), changeRequired: true }),
    username: planted.text('username'),
    profile: planted.profile(),
    email,
    emailVerification: 'code',
    phone: planted.phone(),
    totpSecret: planted.seed(),
  });
  const { emailCode } = yield* once(added, 'user-already-exists');
  planted.learn('email code', String(emailCode));
  const taken = new AddHumanUser({ ...added, userId: newId() as UserId, profile: planted.profile() });
  yield* refused('login-name-taken', taken);
  const robot = { ...them, userId: newId() as UserId };
  const name = planted.text('name of a machine');
  const machine = { ...robot, name, description: planted.text('description') };
  const username = planted.text('machine');
  yield* once(new AddMachineUser({ ...machine, username }), 'user-already-exists');
  yield* accepted(new ChangeMachineUser({ ...machine, name: planted.text('new name of a machine') }));
  yield* refused('user-not-machine', new ChangeMachineUser({ ...machine, userId }));
  const several = {
    username: planted.text('username among others'),
    profile: new HumanProfileChanges({ nickName: planted.text('new nickName') }),
    email: new EmailFields({ email: planted.email('email among others'), verification: 'code' }),
    phone: planted.phone(),
  };
  const { emailCode: another } = yield* accepted(new ChangeHumanUser({ ...them, ...several }));
  planted.learn('email code', String(another));
  yield* refused('user-not-human', new ChangeHumanUser({ ...robot, ...several }));
  yield* accepted(new ChangeHumanProfile({ ...them, profile: planted.profile() }));
  yield* refused('user-not-human', new ChangeHumanProfile({ ...robot, profile: planted.profile() }));
  yield* accepted(new ChangeUsername({ ...them, username: planted.text('new username') }));
  yield* refused('login-name-taken', new ChangeUsername({ ...them, username }));
  yield* accepted(new ChangePhone({ ...them, phone: planted.phone() }));
  yield* refused('user-not-human', new ChangePhone({ ...robot, phone: planted.phone() }));
  yield* accepted(new RemovePhone(them));
  yield* refused('user-not-human', new RemovePhone(robot));
}

function* members(userId: UserId): Part<void> {
  const other = newId() as UserId;
  yield* accepted(new AddMachineUser({ organizationId, userId: other, name: 'deputy', by }));
  const [reads, owns] = [['INSTANCE_VIEWER'], ['INSTANCE_OWNER']];
  yield* once(new AddInstanceMember({ userId, roles: reads, by }), 'member-already-exists');
  yield* accepted(new ChangeInstanceMember({ userId, roles: owns, by }));
  yield* refused('role-unknown', new ChangeInstanceMember({ userId, roles: ['OWNER'], by }));
  yield* refused('last-owner', new RemoveInstanceMember({ userId, by }));
  yield* accepted(new AddInstanceMember({ userId: other, roles: owns, by }));
  yield* once(new RemoveInstanceMember({ userId, by }), 'member-not-found');
  const them = { organizationId, userId, by };
  const deputy = { ...them, userId: other, roles: ['ORG_OWNER'] };
  yield* once(new AddOrganizationMember({ ...them, roles: ['ORG_USER_READER'] }), 'member-already-exists');
  yield* accepted(new ChangeOrganizationMember({ ...them, roles: ['ORG_OWNER'] }));
  yield* refused('role-unknown', new ChangeOrganizationMember({ ...them, roles: ['OWNER'] }));
  yield* refused('last-owner', new RemoveOrganizationMember(them));
  yield* accepted(new AddOrganizationMember(deputy));
  yield* once(new RemoveOrganizationMember(them), 'member-not-found');
}

function* policies(): Part<void> {
  const policy = { organizationId, name: 'everybody', by };
  yield* accepted(new SetPolicy({ ...policy, text: 'permit(principal, action, resource);' }));
  yield* refused('invalid-input', new SetPolicy({ ...policy, text: 'permit(' }));
  yield* once(new RemovePolicy(policy), 'policy-not-found');
}

function* metadata({ planted }: Scene, userId: UserId): Part<void> {
  const them = { organizationId, userId, by };
  const entries = ['metadata', 'more metadata', 'other metadata'].map((name) => ({
    key: planted.text(`key of ${name}`),
    value: planted.learn(name, randomBytes(24)),
  }));
  const [first = '', second = '', third = ''] = entries.map(({ key }) => key);
  yield* accepted(new SetUserMetadata({ ...them, metadata: entries }));
  const many = Array.from({ length: 48 }, (_, index) => ({ key: `${index}`, value: Buffer.from('x') }));
  yield* refused('metadata-max', new SetUserMetadata({ ...them, metadata: many }));
  yield* once(new RemoveUserMetadata({ ...them, keys: [first] }), 'metadata-not-found');
  yield* accepted(new RemoveUserMetadata({ ...them, keys: [second, third] }));
  yield* accepted(new SetUserMetadata({ ...them, metadata: entries }));
}

function* emails({ planted }: Scene, userId: UserId): Part<void> {
  const them = { organizationId, userId, by };
  const changed = new ChangeEmail({ ...them, email: planted.email('new email'), emailVerification: 'code' });
  planted.learn('email code', String((yield* accepted(changed)).emailCode));
  const { emailCode } = yield* accepted(new RequestEmailCode(them));
  planted.learn('email code', emailCode);
  const wrong = planted.learn('wrong email code', emailCode.startsWith('Z') ? '0QX7WN' : 'ZQX7WN');
  yield* refused('email-code-wrong', new VerifyEmail({ ...them, code: wrong }));
  yield* accepted(new VerifyEmail({ ...them, code: emailCode }));
  yield* refused('email-already-verified', new RequestEmailCode(them));
  const robot = { ...them, userId: newId() as UserId };
  yield* refused('user-not-found', new ChangeEmail({ ...robot, email: planted.email('email of nobody') }));
}

/** What an app shows, and what it does not. */
function codesOf({ planted, clock }: Scene, secret: string, parameters: TotpParameters) {
  const decoded = base32Decode(secret);
  if (decoded.kind === 'refused') throw new Error('the seed is none');
  const at = (steps: number) => clock.now + steps * parameters.periodSeconds * 1_000;
  const shown = (steps = 0) => totpCode({ key: decoded.bytes, parameters, at: at(steps) });
  const near = new Set(Array.from({ length: 50 }, (_, index) => shown(index - 25)));
  return {
    right: (steps = 0) => planted.code(shown(steps)),
    wrong: () => {
      const drawn = Array.from({ length: 4 }, () => randomBytes(4).readUInt32BE() % 10 ** parameters.digits);
      const texts = drawn.map((number) => String(number).padStart(parameters.digits, '0'));
      return planted.code(texts.find((text) => !near.has(text)) ?? '');
    },
  };
}

const typed = (code: string) => ` ${code.slice(0, 3)} ${code.slice(3)}`;

function* devices(scene: Scene, userId: UserId): Part<void> {
  const { planted, clock } = scene;
  const them = { organizationId, userId, by };
  const start = new StartTotpRegistration({ ...them, name: planted.text('name of a device'), qr: 'png' });
  planted.learn('seed in base32', (yield* accepted(start)).secret);
  const parameters = { algorithm: 'SHA512', digits: 8, periodSeconds: 30 } as const;
  const registration = yield* accepted(new StartTotpRegistration({ ...start, ...parameters, qr: 'svg' }));
  const { secret, uri, qr, totpId } = registration;
  for (const [name, text] of Object.entries({ seed: secret, URI: uri, QR: String(qr) }))
    planted.learn(name, text);
  const app = codesOf(scene, secret, parameters);
  const device = { ...them, totpId };
  yield* refused('wrong-code', new VerifyTotpRegistration({ ...them, code: app.wrong() }));
  yield* once(new VerifyTotpRegistration({ ...device, code: app.right() }), 'totp-already-ready');
  clock.now += 30_000;
  const purpose = planted.text('purpose');
  const seed = planted.seed();
  const confirmed = { ...them, code: typed(app.right()), purpose, proofAudience: 'bank' };
  yield* once(new VerifyTotp(confirmed), 'code-already-used');
  yield* refused('wrong-code', new VerifyTotp({ ...device, code: app.wrong(), purpose }));
  yield* refused(
    'wrong-code',
    new ResyncTotp({ ...device, firstCode: app.wrong(), secondCode: app.wrong() }),
  );
  yield* accepted(new ResyncTotp({ ...device, firstCode: app.right(3), secondCode: app.right(4) }));
  yield* accepted(new ResetAttempts({ ...them, reason: planted.text('reason') }));
  const imported = new RegisterTotpSeed({ ...them, secret: seed, name: planted.text('name of a device') });
  const other = codesOf(scene, seed, defaultSettings.totpParameters);
  const { totpId: otherId } = yield* accepted(imported);
  yield* refused('totp-devices-max', new RegisterTotpSeed({ ...imported, secret: planted.seed() }));
  yield* refused('totp-devices-max', start);
  yield* accepted(new RenameTotp({ ...device, name: planted.text('new name of a device') }));
  yield* refused('totp-not-found', new RenameTotp({ ...device, totpId: userId as never, name: seed }));
  yield* refused('wrong-code', new RemoveTotp({ ...them, totpId: otherId, code: other.wrong() }));
  yield* accepted(new RemoveTotp({ ...them, totpId: otherId, code: other.right() }));
  yield* refused('wrong-code', new RemoveFactors({ ...them, code: app.wrong() }));
}

function* recovery({ planted, clock }: Scene, userId: UserId): Part<void> {
  const them = { organizationId, userId, by };
  yield* refused('invalid-input', new GenerateRecoveryCodes({ ...them, count: 0 }));
  const { codes } = yield* accepted(new GenerateRecoveryCodes({ ...them, count: 4 }));
  for (const code of codes) {
    planted.learn('recovery code', code);
    planted.learn('recovery code, typed', code.replaceAll('-', '').slice(2));
  }
  const [first = '', second = '', third = ''] = codes;
  yield* accepted(new VerifyRecoveryCode({ ...them, code: first.toLowerCase().replaceAll('-', ' ') }));
  yield* refused('wrong-recovery-code', new VerifyRecoveryCode({ ...them, code: first }));
  yield* refused('malformed-recovery-code', new VerifyRecoveryCode({ ...them, code: second.slice(1) }));
  const wrong = planted.learn(
    'wrong recovery code',
    `${third.slice(0, -4)}${third.endsWith('0000') ? '1111' : '0000'}`,
  );
  yield* refused('wrong-recovery-code', new RemoveRecoveryCodes({ ...them, recoveryCode: wrong }));
  yield* accepted(new GenerateRecoveryCodes({ ...them, count: 2, recoveryCode: second }));
  yield* accepted(new RemoveRecoveryCodes(them));
  const [last = ''] = (yield* accepted(new GenerateRecoveryCodes({ ...them, count: 1 }))).codes;
  planted.learn('recovery code', last);
  yield* accepted(new RemoveFactors({ ...them, recoveryCode: last }));
  yield* accepted(new ResetAttempts({ ...them, reason: planted.text('reason') }));
  clock.now += 1_000;
}

function* tokens({ planted }: Scene, userId: UserId): Part<void> {
  const them = { organizationId, userId, by };
  const token = new AddAccessToken({
    ...them,
    name: planted.text('name of a token'),
    scopes: ['totp.verify'],
  });
  const { token: text, tokenId } = yield* accepted(token);
  planted.learn('access token', text);
  planted.learn('access token (secret)', parseAccessToken(text)?.secret ?? '');
  yield* refused('access-token-expiry-past', new AddAccessToken({ ...token, expiresAt: 1 }));
  yield* once(new RemoveAccessToken({ ...them, tokenId }), 'access-token-not-found');
}

function* ends({ planted }: Scene, userId: UserId): Part<void> {
  const them = { organizationId, userId, by };
  const reason = planted.text('reason');
  yield* accepted(new ResetFactors({ ...them, reason }));
  yield* once(new LockUser(them), 'user-already-locked');
  yield* once(new UnlockUser(them), 'user-not-locked');
  yield* once(new DeactivateUser(them), 'user-already-inactive');
  yield* once(new ReactivateUser(them), 'user-not-inactive');
  const other = { ...them, userId: newId() as UserId };
  yield* accepted(new AddHumanUser({ ...other, profile: planted.profile(), email: planted.email('email') }));
  yield* once(new RemoveUser(other), 'user-not-found');
  yield* accepted(new EraseUser(them));
  yield* refused('user-not-found', new ResetFactors({ ...them, reason }));
  yield* refused('user-not-found', new ResetAttempts({ ...them, reason }));
  yield* refused('user-not-found', new EraseUser({ ...them, userId: newId() as UserId }));
  yield* refused('last-owner', new DeactivateOrganization({ organizationId, by }));
  const elsewhere = newId() as OrganizationId;
  const heir = newId() as UserId;
  yield* accepted(new AddOrganization({ organizationId: elsewhere, name: 'Umbrella', by }));
  yield* accepted(new AddMachineUser({ organizationId: elsewhere, userId: heir, name: 'heir', by }));
  yield* accepted(new AddInstanceMember({ userId: heir, roles: ['INSTANCE_OWNER'], by }));
  yield* once(new RemoveOrganization({ organizationId, by }), 'organization-not-found');
  yield* refused('organization-not-found', new RenameOrganization({ organizationId, name: 'Acme', by }));
}
