// What a few people and organizations may live through, dealt from every command that moves what queries answer.
// Many of them are refused; that is part of it.

import type { Command } from '@nestjs/cqrs';

import { AddAccessToken } from '#application/access-token/add-access-token.js';
import { RemoveAccessToken } from '#application/access-token/remove-access-token.js';
import { ResetAttempts } from '#application/attempts/reset-attempts.js';
import { ResetFactors } from '#application/attempts/reset-factors.js';
import { ChangeInstanceSettings } from '#application/instance/change-instance-settings.js';
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
import { GenerateRecoveryCodes } from '#application/recovery-codes/generate-recovery-codes.js';
import { RemoveRecoveryCodes } from '#application/recovery-codes/remove-recovery-codes.js';
import { VerifyRecoveryCode } from '#application/recovery-codes/verify-recovery-code.js';
import { CreateSession } from '#application/session/create-session.js';
import { DeleteSession } from '#application/session/delete-session.js';
import { SetSession } from '#application/session/set-session.js';
import { codeOf, type Device, wrongCodeOf } from '#application/testing/factors.js';
import { by, type House, organizationId } from '#application/testing/house.js';
import { human, machine, otherId } from '#application/testing/people.js';
import { RegisterTotpSeed } from '#application/totp/register-totp-seed.js';
import { RemoveTotp } from '#application/totp/remove-totp.js';
import { RenameTotp } from '#application/totp/rename-totp.js';
import { StartTotpRegistration } from '#application/totp/start-totp-registration.js';
import { VerifyTotp } from '#application/totp/verify-totp.js';
import { VerifyTotpRegistration } from '#application/totp/verify-totp-registration.js';
import { ChangeEmail } from '#application/user/change-email.js';
import { ChangeHumanProfile } from '#application/user/change-human-profile.js';
import { ChangeMachineUser } from '#application/user/change-machine-user.js';
import { ChangePhone } from '#application/user/change-phone.js';
import { ChangeUsername } from '#application/user/change-username.js';
import { DeactivateUser } from '#application/user/deactivate-user.js';
import { EraseUser } from '#application/user/erase-user.js';
import { LockUser } from '#application/user/lock-user.js';
import { HumanProfileFields } from '#application/user/profile.js';
import { ReactivateUser } from '#application/user/reactivate-user.js';
import { RemovePhone } from '#application/user/remove-phone.js';
import { RemoveUser } from '#application/user/remove-user.js';
import { RequestEmailCode } from '#application/user/request-email-code.js';
import { UnlockUser } from '#application/user/unlock-user.js';
import type { AccessTokenId, OrganizationId, SessionId, TotpId, UserId } from '#domain/ids.js';
import { base32Decode, base32Encode } from '#secrets/base32.js';
import { newTotpSecret } from '#secrets/totp.js';

export const people = [
  '0198f3a2-0000-7000-8000-0000000000a1',
  'Zoë from payroll',
  '0198f3a2-0000-7000-8000-0000000000b1',
  'a printer',
] as UserId[];
/** As they are named in events. */
const editors = people.filter((_, who) => who % 2 === 0) as readonly string[];
export const houses = [organizationId, otherId, 'a third' as OrganizationId];

/** With letters whose lower case is another length, another letter at the end, or beyond the first plane. */
export const texts = [
  'Ada',
  'ada',
  'İda',
  'ΑΔΑΣ',
  'Σάμος',
  'Zoë 😀',
  'a%_',
  'Straße',
  '"x" OR',
  'ﬀ',
  'Ada Lovelace',
];

export interface Life {
  readonly house: House;
  readonly devices: Device[];
  readonly codes: string[];
  readonly tokens: AccessTokenId[];
  readonly sessions: SessionId[];
}

/** What comes of it depends on three numbers. */
export type Step = readonly [kind: number, who: number, what: number];

const of = <Item>(items: readonly Item[], index: number): Item => items[index % items.length] as Item;

interface Chosen {
  readonly address: {
    readonly organizationId: OrganizationId;
    readonly userId: UserId;
    readonly by: typeof by;
  };
  readonly what: number;
  readonly text: string;
  readonly device: Device | undefined;
  readonly life: Life;
}

type Deal = (chosen: Chosen) => Command<unknown> | null;

const withDevice =
  (deal: (chosen: Chosen, device: Device) => Command<unknown>): Deal =>
  (chosen) =>
    chosen.device === undefined ? null : deal(chosen, chosen.device);

const withSession =
  (deal: (chosen: Chosen, sessionId: SessionId) => Command<unknown> | null): Deal =>
  (chosen) =>
    chosen.life.sessions.length === 0 ? null : deal(chosen, of(chosen.life.sessions.slice(-4), chosen.what));

const verifications = ['none', 'verified'] as const;
const profileOf = (text: string, what: number) =>
  new HumanProfileFields({
    givenName: text,
    familyName: of(texts, what + 1),
    nickName: what % 3 === 0 ? of(texts, what + 2) : null,
    displayName: what % 2 === 0 ? of(texts, what + 3) : null,
  });
const emailOf = (what: number) => `${of(['Ada', 'bob', 'ZOE', 'eve'], what)}@example.com`;

const userDeals: readonly Deal[] = [
  ({ address, what, text }) =>
    human(address.userId, what % 4 === 0 ? emailOf(what) : `${text} ${what}`, {
      organizationId: address.organizationId,
      email: emailOf(what),
      emailVerification: of(verifications, what),
      profile: profileOf(text, what),
      phone: what % 3 === 0 ? '+44 20' : null,
    }),
  ({ address, text }) => machine(address.userId, text),
  ({ address, text }) => new ChangeMachineUser({ ...address, name: text, description: text }),
  ({ address, text, what }) => new ChangeUsername({ ...address, username: `${text}${what % 3}` }),
  ({ address, text, what }) => new ChangeHumanProfile({ ...address, profile: profileOf(text, what) }),
  ({ address, what }) =>
    new ChangeEmail({ ...address, email: emailOf(what), emailVerification: of(verifications, what) }),
  ({ address }) => new RequestEmailCode(address),
  ({ address, what }) => new ChangePhone({ ...address, phone: `+${what}` }),
  ({ address }) => new RemovePhone(address),
  ({ address }) => new LockUser(address),
  ({ address }) => new UnlockUser(address),
  ({ address }) => new DeactivateUser(address),
  ({ address }) => new ReactivateUser(address),
  ({ address, what }) => (what % 3 === 0 ? new RemoveUser(address) : null),
  ({ address, what }) => (what % 3 === 0 ? new EraseUser(address) : null),
  ({ address, text, what }) =>
    new SetUserMetadata({ ...address, metadata: [{ key: of(texts, what), value: Buffer.from(text) }] }),
  ({ address, what }) => new RemoveUserMetadata({ ...address, keys: [of(texts, what)] }),
  ({ address, text, what }) =>
    new AddAccessToken({ ...address, name: text, scopes: ['users.read'], expiresAt: what % 2 ? null : 4e12 }),
  ({ address, life, what }) =>
    life.tokens.length === 0 ? null : new RemoveAccessToken({ ...address, tokenId: of(life.tokens, what) }),
];

const factorDeals: readonly Deal[] = [
  ({ address, text }) => new StartTotpRegistration({ ...address, name: text }),
  withDevice(({ address, life, what }, device) => {
    const code = what % 4 === 0 ? wrongCodeOf(life.house, device) : codeOf(life.house, device);
    return new VerifyTotpRegistration({ ...address, code });
  }),
  ({ address, what }) =>
    new RegisterTotpSeed({
      ...address,
      secret: base32Encode(newTotpSecret()),
      digits: what % 2 === 0 ? 6 : 8,
    }),
  withDevice(({ address, life }, device) => new VerifyTotp({ ...address, code: codeOf(life.house, device) })),
  withDevice(
    ({ address, life, what }, device) =>
      new VerifyTotp({
        ...address,
        code: wrongCodeOf(life.house, device),
        totpId: what % 2 === 0 ? device.totpId : null,
      }),
  ),
  withDevice(
    ({ address, text, what }, { totpId }) =>
      new RenameTotp({ ...address, totpId, name: what % 3 === 0 ? null : text }),
  ),
  withDevice(({ address }, { totpId }) => new RemoveTotp({ ...address, totpId, byAdministrator: true })),
  ({ address, what }) => new GenerateRecoveryCodes({ ...address, count: 1 + (what % 3) }),
  ({ address }) => new GenerateRecoveryCodes({ ...address, count: 2, withPending: true }),
  ({ address, life, what }) =>
    life.codes.length === 0 ? null : new VerifyRecoveryCode({ ...address, code: of(life.codes, what) }),
  ({ address }) => new VerifyRecoveryCode({ ...address, code: '0000-0000-0000-0000' }),
  ({ address }) => new RemoveRecoveryCodes(address),
  ({ address, text }) => new ResetAttempts({ ...address, reason: text }),
  ({ address, text }) => new ResetFactors({ ...address, reason: text }),
];

const begin: Deal = ({ address, what, text }) =>
  new CreateSession({
    // Whom there are most of.
    organizationId: what % 4 === 0 ? address.organizationId : organizationId,
    user: what % 8 === 0 ? null : { userId: address.userId },
    ...(what % 8 !== 0 && {
      userAgent: { fingerprintId: of(texts, what), ip: null, description: text, headers: {} },
      metadata: what % 3 === 0 ? [{ key: text, value: Buffer.from(text) }] : [],
    }),
    lifetimeSeconds: what % 2 === 0 ? null : 60 + what,
    by: { ...by, editor: of(editors, what) },
  });

const sessionDeals: readonly Deal[] = [
  begin,
  withSession(({ address, what }, sessionId) => {
    const { organizationId, userId } = address;
    const user = what % 4 === 0 ? { userId } : null;
    return new SetSession({ organizationId, sessionId, user, lifetimeSeconds: 300 + what, by });
  }),
  withSession(({ address: { organizationId }, text }, sessionId) => {
    const metadata = [{ key: text, value: Buffer.from(text) }];
    return new SetSession({ organizationId, sessionId, metadata, by });
  }),
  withSession(({ address: { organizationId }, device, life }, sessionId) => {
    const totpCode = device === undefined ? '000000' : codeOf(life.house, device);
    return new SetSession({ organizationId, sessionId, totpCode, by });
  }),
  withSession(({ what }, sessionId) => (what % 3 === 0 ? new DeleteSession({ sessionId, by }) : null)),
];

const settingsOf = (what: number) =>
  new SettingsFields(what % 2 === 0 ? { deviceFailuresMax: 1 + (what % 4) } : { failuresBeforeDelay: 2 });
const rolesOf = (what: number) => [what % 2 === 0 ? 'ORG_OWNER' : 'ORG_USER_MANAGER'];

const organizationDeals: readonly Deal[] = [
  ({ address, text }) => new AddOrganization({ organizationId: address.organizationId, name: text, by }),
  ({ address, text }) => new RenameOrganization({ organizationId: address.organizationId, name: text, by }),
  ({ address }) => new DeactivateOrganization({ organizationId: address.organizationId, by }),
  ({ address }) => new ReactivateOrganization({ organizationId: address.organizationId, by }),
  ({ address, what }) =>
    what % 4 === 0 ? new RemoveOrganization({ organizationId: address.organizationId, by }) : null,
  ({ address, what }) => new AddOrganizationMember({ ...address, roles: rolesOf(what) }),
  ({ address, what }) => new ChangeOrganizationMember({ ...address, roles: rolesOf(what) }),
  ({ address }) => new RemoveOrganizationMember(address),
  ({ address, what }) => new ChangeOrganizationSettings({ ...address, changed: settingsOf(what) }),
  ({ address }) => new ResetOrganizationSettings({ ...address, names: ['deviceFailuresMax'] }),
  () => new SetUpInstance({ instanceId: 'instance', by }),
  ({ what }) => new ChangeInstanceSettings({ changed: settingsOf(what), by }),
  () => new ResetInstanceSettings({ names: ['deviceFailuresMax', 'failuresBeforeDelay'], by }),
];

/** Much more often happens what is not the end of anything. */
const deals = [
  ...userDeals,
  ...factorDeals,
  ...factorDeals,
  ...sessionDeals,
  ...sessionDeals,
  ...organizationDeals,
];
export const dealsCount = deals.length;

/** A few who are there from the beginning, and are logged in. */
export const beginnings: readonly Step[] = [0, 1, 2, 3].flatMap((who): Step[] => [
  [0, who, who * 3],
  [deals.indexOf(begin), who, who + 1],
]);

export const startLife = (house: House): Life => ({
  house,
  devices: [],
  codes: [],
  tokens: [],
  sessions: [],
});

export async function live(life: Life, [kind, who, what]: Step): Promise<boolean> {
  const { house, devices } = life;
  house.clock.now += (what % 7) * 20_000;
  const address = { organizationId: of(houses, who >> 3), userId: of(people, who), by };
  const device = devices.length === 0 ? undefined : of(devices.slice(-3), what);
  const command = of(deals, kind)({ address, what, text: of(texts, what), device, life });
  if (command === null) return false;
  if (command instanceof CreateSession) await house.run(new SetUpInstance({ instanceId: 'instance', by }));
  const outcome = (await house.run(command)) as { readonly kind: string; readonly answer?: unknown };
  if (outcome.kind !== 'accepted') return false;
  if (command instanceof CreateSession)
    life.sessions.push((outcome.answer as { readonly sessionId: SessionId }).sessionId);
  remember(life, command, outcome.answer);
  return true;
}

/** Whatever is told once, and asked for later. */
function remember({ house, devices, codes, tokens }: Life, command: object, answer: unknown): void {
  const told = (answer ?? {}) as {
    readonly totpId?: TotpId;
    readonly secret?: string;
    readonly codes?: readonly string[];
    readonly tokenId?: AccessTokenId;
  };
  const secret = told.secret ?? (command instanceof RegisterTotpSeed ? command.secret : undefined);
  if (told.totpId !== undefined && secret !== undefined) {
    const decoded = base32Decode(secret);
    const digits = (command instanceof RegisterTotpSeed ? command.digits : null) ?? 6;
    const parameters = { algorithm: 'SHA1', digits, periodSeconds: 30 } as const;
    if (decoded.kind === 'seed') devices.push({ totpId: told.totpId, key: decoded.bytes, parameters });
  }
  codes.push(...(told.codes ?? []));
  if (told.tokenId !== undefined) tokens.push(told.tokenId);
  house.clock.now += 1;
}
