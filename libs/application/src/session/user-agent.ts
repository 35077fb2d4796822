// The browser or app that a session is on, as its maker tells: it says something of the person, and is kept sealed.

import { isTextOf, rule } from '#application/input.js';
import {
  fingerprintCharactersMax,
  headersCharactersMax,
  ipCharactersMax,
  userAgentCharactersMax,
} from '#application/limits.js';

export interface UserAgent {
  readonly fingerprintId: string | null;
  readonly ip: string | null;
  readonly description: string | null;
  readonly headers: Readonly<Record<string, readonly string[]>>;
}

export const IsUserAgent = (): PropertyDecorator =>
  rule(
    'user-agent',
    `must be a fingerprint of 1 to ${fingerprintCharactersMax} characters, an address of 1 to ${ipCharactersMax}, a description of 1 to ${userAgentCharactersMax}, or null for each, and headers of ${headersCharactersMax} characters together, none of them a control character`,
    isUserAgent,
  );

/** Field by field, in one order. */
export const userAgentText = ({ fingerprintId, ip, description, headers }: UserAgent): string =>
  JSON.stringify({ fingerprintId, ip, description, headers });

function isUserAgent(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { fingerprintId, ip, description, headers } = value as Readonly<Record<string, unknown>>;
  return (
    isTextOrNull(fingerprintId, fingerprintCharactersMax) &&
    isTextOrNull(ip, ipCharactersMax) &&
    isTextOrNull(description, userAgentCharactersMax) &&
    isHeaders(headers) &&
    charactersIn(headers) <= headersCharactersMax
  );
}

const isTextOrNull = (value: unknown, maximum: number) => value === null || isTextOf(value, 1, maximum);

const isHeaders = (value: unknown): value is UserAgent['headers'] =>
  typeof value === 'object' &&
  value !== null &&
  Object.entries(value).every(
    ([name, values]) =>
      isTextOf(name, 1, headersCharactersMax) &&
      Array.isArray(values) &&
      values.every((text) => isTextOf(text, 0, headersCharactersMax)),
  );

const charactersIn = (headers: UserAgent['headers']): number =>
  Object.entries(headers).reduce((sum, [name, values]) => sum + name.length + values.join(' ').length, 0);
