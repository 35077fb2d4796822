// The last line of defence: what the settings hold in secret is taken out of every line, in whatever
// form a library may have put it there.

import type { Settings } from '#server/settings.js';

/** A shorter secret would take harmless letters out of every line, and hides nothing. */
const secretCharactersMin = 4;
const replacement = '[secret]';

export type Scrub = (text: string) => string;

type WithSecrets = Pick<Settings, 'eventLog' | 'readModels'> & Partial<Pick<Settings, 'hookUrl'>>;

export function scrubSecretsOf({ eventLog, readModels, hookUrl = null }: WithSecrets): Scrub {
  const urls = [
    ...(eventLog.engine === 'embedded' ? [] : [eventLog.connectionString]),
    ...(readModels.engine === 'embedded' ? [] : [readModels.url]),
  ];
  // Whoever knows the path and the query of some receivers may write to them.
  const hook = hookUrl === null ? [] : [hookUrl, hookUrl.slice(new URL(hookUrl).origin.length)];
  return scrub([...urls.flatMap(secretsIn), ...hook]);
}

/** Takes the secrets of this one out of a text. */
export const scrubUrl = (url: string): Scrub => scrub(secretsIn(url));

function secretsIn(url: string): string[] {
  const credentials = /:\/\/([^/?#]*)@/.exec(url)?.[1] ?? '';
  const password = credentials.slice(credentials.indexOf(':') + 1);
  return [url, credentials, password].flatMap((text) => [text, decoded(text)]);
}

export function scrub(secrets: readonly string[]): Scrub {
  const forms = new Set(secrets.filter((secret) => secret.length >= secretCharactersMin).flatMap(formsOf));
  const longestFirst = [...forms].sort((left, right) => right.length - left.length);
  return (text) => longestFirst.reduce((rest, form) => rest.replaceAll(form, replacement), text);
}

function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const base64 = bytes.toString('base64').replace(/=+$/, '');
  const hex = bytes.toString('hex');
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    base64,
    base64.replaceAll('+', '-').replaceAll('/', '_'),
    hex,
    hex.toUpperCase(),
  ];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
