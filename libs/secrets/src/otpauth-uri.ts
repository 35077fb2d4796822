// What an authenticator app scans. The rules are those of the apps, which differ: the issuer stands in the label
// and in a parameter, a colon would end it, a plus would be shown.

import type { TotpParameters } from '#domain/totp/events.js';
import { base32Encode } from '#secrets/base32.js';

/**
 * Of issuer and of account, as they stand in the URI. Apps show some twenty letters; and a name in a script that
 * takes nine characters a letter would make a QR code that no camera reads.
 */
const encodedCharactersMax = 192;

export interface OtpauthSubject {
  readonly issuer: string;
  /** What tells this entry from others of the same issuer in an app. */
  readonly account: string;
  readonly secret: Uint8Array;
  readonly parameters: TotpParameters;
}

export function otpauthUri({ issuer, account, secret, parameters }: OtpauthSubject): string {
  const shownIssuer = encoded(issuer);
  const label = [shownIssuer, encoded(account)].filter((part) => part !== '').join(':');
  const fields = [
    `secret=${base32Encode(secret)}`,
    ...(shownIssuer === '' ? [] : [`issuer=${shownIssuer}`]),
    `algorithm=${parameters.algorithm}`,
    `digits=${parameters.digits}`,
    `period=${parameters.periodSeconds}`,
  ];
  return `otpauth://totp/${label}?${fields.join('&')}`;
}

/** Visible ASCII but the colon, too short to be cut: most names and addresses. */
const plainText = /^[\x21-\x39\x3b-\x7e]{0,64}$/;

/** Colons and what cannot be shown become spaces; what is too long ends with its last whole character. */
function encoded(text: string): string {
  if (plainText.test(text)) return encodeURIComponent(text);
  const plain = text
    .normalize('NFC')
    .replaceAll(/[:\p{Cc}]/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  let result = '';
  // An id may hold half a character. A URI cannot.
  for (const character of plain.toWellFormed()) {
    const next = encodeURIComponent(character);
    if (result.length + next.length > encodedCharactersMax) break;
    result += next;
  }
  return result;
}
