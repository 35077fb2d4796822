// People with devices whose secrets tests know, and what their streams say.

import type { Outcome } from '#application/caller.js';
import { by, type House, organizationId } from '#application/testing/house.js';
import { type Shown, shown } from '#application/testing/shown.js';
import { RegisterTotpSeed } from '#application/totp/register-totp-seed.js';
import { AddHumanUser } from '#application/user/add-human-user.js';
import { HumanProfileFields } from '#application/user/profile.js';
import type { TotpId, UserId } from '#domain/ids.js';
import { defaultSettings } from '#domain/organization/settings.js';
import type { TotpParameters } from '#domain/totp/events.js';
import { base32Encode } from '#secrets/base32.js';
import { newTotpSecret, totpCode } from '#secrets/totp.js';

export interface Device {
  readonly totpId: TotpId;
  readonly key: Buffer;
  readonly parameters: TotpParameters;
}

/** The answer, where the command was accepted. */
export function answerOf<Answer>(outcome: Outcome<Answer, unknown>): Shown<Answer> {
  if (outcome.kind === 'rejected') throw new Error(JSON.stringify(outcome.refusal));
  return shown(outcome.answer);
}

let people = 0;

export async function addPerson(house: House): Promise<UserId> {
  people += 1;
  const profile = new HumanProfileFields({ givenName: 'Ada', familyName: 'L' });
  const email = `ada-${people}@example.com`;
  return answerOf(await house.run(new AddHumanUser({ organizationId, email, profile, by }))).userId;
}

export async function addDevice(
  house: House,
  userId: UserId,
  chosen: Partial<TotpParameters> = {},
): Promise<Device> {
  const key = newTotpSecret();
  const seed = new RegisterTotpSeed({ organizationId, userId, secret: base32Encode(key), ...chosen, by });
  const { totpId } = answerOf(await house.run(seed));
  return { totpId, key, parameters: { ...defaultSettings.totpParameters, ...chosen } };
}

/** What the device shows so many steps from now. */
export function codeOf(house: House, { key, parameters }: Omit<Device, 'totpId'>, steps = 0): string {
  const at = house.clock.now + steps * parameters.periodSeconds * 1_000;
  return totpCode({ key, parameters, at });
}

/** Not what the device shows, now or soon; as long as what it shows. */
export function wrongCodeOf(house: House, device: Omit<Device, 'totpId'>): string {
  const near = [-2, -1, 0, 1, 2].map((steps) => codeOf(house, device, steps));
  const digits = near[0]?.length ?? 0;
  const candidates = Array.from({ length: 6 }, (_, digit) => String(digit).repeat(digits));
  const [wrong = ''] = candidates.filter((code) => !near.includes(code));
  return wrong;
}

/** The types of all events of the user's stream. */
export async function pastOf(house: House, userId: UserId): Promise<string[]> {
  const stream = house.application.userStream(userId);
  const page = await house.parts.log.readStream(stream, { direction: 'forward', from: 0, limit: 1_000 });
  return page.status === 'unknown' ? [] : page.events.map(({ type }) => type);
}
