// What a person is shown of a new secret, and what may be chosen of it.

import type { Secrets } from '#application/parts.js';
import type { UserContext } from '#application/users.js';
import type { Account } from '#domain/account/state.js';
import type { TotpParameters } from '#domain/totp/events.js';
import { isAlive } from '#domain/user/state.js';

export const algorithms: readonly TotpParameters['algorithm'][] = ['SHA1', 'SHA256', 'SHA512'];
export const digits: readonly TotpParameters['digits'][] = [6, 8];
export const periods: readonly TotpParameters['periodSeconds'][] = [30, 60];

/** A picture takes about as long as a hundred commands: it is drawn only for who asks. */
export type Qr = 'none' | 'png' | 'svg';
export const qrKinds: readonly Qr[] = ['none', 'png', 'svg'];

type Chosen = { readonly [Name in keyof TotpParameters]: TotpParameters[Name] | null };

export function parametersOf(chosen: Chosen, otherwise: TotpParameters): TotpParameters {
  return {
    algorithm: chosen.algorithm ?? otherwise.algorithm,
    digits: chosen.digits ?? otherwise.digits,
    periodSeconds: chosen.periodSeconds ?? otherwise.periodSeconds,
  };
}

export interface Label {
  readonly issuer: string;
  /** The user's name, and the device's where it has one: apps overwrite what has the same label. */
  readonly account: string;
}

export function labelOf({ user }: Account, context: UserContext, name: string | null): Label {
  const username = isAlive(user) ? context.sealer.openText('username', user.username) : '';
  return {
    issuer: context.settings.issuer ?? context.organizationName,
    account: name === null ? username : `${username} (${name})`,
  };
}

/** A data URI for `png`, markup for `svg`. */
export async function qrOf(
  kind: Qr,
  uri: string,
  { qrPngDataUri, qrSvg }: Pick<Secrets, 'qrPngDataUri' | 'qrSvg'>,
): Promise<string | null> {
  switch (kind) {
    case 'none':
      return null;
    case 'png':
      return qrPngDataUri(uri);
    case 'svg':
      return qrSvg(uri);
  }
}
