// Somebody of whom a house comes to know everything that it can know, each word of it a canary.

import { AddAccessToken } from '#application/access-token/add-access-token.js';
import { ResetAttempts } from '#application/attempts/reset-attempts.js';
import { AddOrganization } from '#application/organization/add-organization.js';
import { GenerateRecoveryCodes } from '#application/recovery-codes/generate-recovery-codes.js';
import { answerOf } from '#application/testing/attempt.js';
import { by, type House, organizationId } from '#application/testing/house.js';
import { RenameTotp } from '#application/totp/rename-totp.js';
import { StartTotpRegistration } from '#application/totp/start-totp-registration.js';
import { VerifyTotp } from '#application/totp/verify-totp.js';
import { AddHumanUser } from '#application/user/add-human-user.js';
import type { TotpId, UserId } from '#domain/ids.js';
import { defaultSettings } from '#domain/organization/settings.js';
import { base32Decode } from '#secrets/base32.js';
import { newId } from '#secrets/ids.js';
import type { KeyStore } from '#secrets/key-store.js';
import { totpCode } from '#secrets/totp.js';
import type { Planted } from '#test/faults/every-command.js';

export interface Somebody {
  readonly userId: UserId;
  readonly stream: string;
  readonly username: string;
  readonly email: string;
  readonly seed: string;
}

export async function addOrganization(house: House): Promise<void> {
  await answerOf(house, new AddOrganization({ organizationId, name: 'Acme', by }));
}

type Names = Pick<Somebody, 'username' | 'email'>;

export function newNames(planted: Planted): Names {
  return { username: planted.text('username'), email: planted.email('email') };
}

export async function addSomebody(
  house: House,
  planted: Planted,
  { username, email }: Names,
): Promise<Somebody> {
  const userId = newId() as UserId;
  const them = { organizationId, userId, by };
  const seed = planted.seed();
  const added = new AddHumanUser({
    ...them,
    username,
    email,
    profile: planted.profile(),
    emailVerification: 'verified',
    phone: planted.phone(),
    totpSecret: seed,
  });
  const { totpId } = await answerOf(house, added);
  const somebody = { username, email, userId, seed, stream: house.application.userStream(userId) };
  await answerOf(house, verifying(house, somebody, planted.text('purpose')));
  const device = { ...them, totpId: totpId as TotpId, name: planted.text('name of a device') };
  await answerOf(house, new RenameTotp(device));
  planted.learn('seed in base32', (await answerOf(house, new StartTotpRegistration(them))).secret);
  const { codes } = await answerOf(house, new GenerateRecoveryCodes({ ...them, count: 2 }));
  for (const code of codes) planted.learn('recovery code', code);
  const token = { ...them, name: planted.text('name of a token'), scopes: ['totp.verify'] };
  planted.learn('access token', (await answerOf(house, new AddAccessToken(token))).token);
  await answerOf(house, new ResetAttempts({ ...them, reason: planted.text('reason') }));
  return somebody;
}

/** With the code that is right now. */
export function verifying(
  house: House,
  { userId, seed }: Pick<Somebody, 'userId' | 'seed'>,
  purpose: string | null = null,
): VerifyTotp {
  const decoded = base32Decode(seed);
  if (decoded.kind === 'refused') throw new Error(decoded.reason);
  const parameters = defaultSettings.totpParameters;
  const code = totpCode({ key: decoded.bytes, parameters, at: house.clock.now });
  return new VerifyTotp({ organizationId, userId, code, purpose, by });
}

/** In clear and wrapped: whoever has one of them, and the master key, opens all that was sealed. */
export async function learnKeys(
  house: House,
  store: KeyStore,
  { planted, stream }: { readonly planted: Planted; readonly stream: string },
): Promise<void> {
  const key = await house.parts.secrets.keys.get(stream);
  const wrapped = await store.get(stream);
  if (key === null || wrapped === null) throw new Error('there is no key');
  planted.learn('data key', key.key.export());
  // The first byte is the version, the rest a nonce, a tag and the key: each by itself.
  planted.learn('nonce of the wrapped key', wrapped.wrapped.slice(1, 13));
  planted.learn('wrapped key', wrapped.wrapped.slice(29));
}
