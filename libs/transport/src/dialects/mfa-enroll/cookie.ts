// The cookie of a browser that is logged in: the token of its session. What it makes a browser send along unasked is
// believed only where the page that asks is our own.

import type { FastifyRequest } from 'fastify';

import type { AnswerHeaders } from '#transport/call.js';
import { type No, no } from '#transport/plain/no.js';

export const cookieNameByDefault = 'countersign.sid';

export interface Cookies {
  /** Null where there is none, or where several claim to be it: another host of the domain may have set one. */
  readonly tokenIn: (request: FastifyRequest) => string | null;
  readonly set: (token: string) => AnswerHeaders;
  readonly forget: () => AnswerHeaders;
  /** Null for a page of ours. */
  readonly foreign: (request: FastifyRequest) => No | null;
}

export interface CookieOptions {
  readonly name: string;
  /** Where browsers find us, with the scheme that they see. */
  readonly externalUrl: string;
}

const foreignPage = no('forbidden', 'With a session cookie, only pages of this very origin may ask for that');

export function cookiesOf({ name: chosen, externalUrl }: CookieOptions): Cookies {
  const { origin, protocol } = new URL(externalUrl);
  const isSecure = protocol === 'https:';
  // RFC 6265bis §4.1.3.2: browsers keep such a name to this very host, and to https.
  const name = isSecure ? `__Host-${chosen}` : chosen;
  const attributes = `Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
  const write = (value: string) => ({ 'set-cookie': `${name}=${value}; ${attributes}` });
  return {
    tokenIn: ({ headers }) => valueIn(headers.cookie ?? '', name),
    set: (token) => write(token),
    forget: () => ({ 'set-cookie': `${name}=; ${attributes}; Max-Age=0` }),
    foreign: ({ headers: { origin: from, 'sec-fetch-site': site } }) =>
      site === 'same-origin' || (site === undefined && from === origin) ? null : foreignPage,
  };
}

/** A header of 16 KiB could name a thousand. */
const cookiesMax = 100;

function valueIn(header: string, name: string): string | null {
  const values = header
    .split(';', cookiesMax)
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
  const [value, ...others] = values;
  return value === undefined || value === '' || others.length > 0 ? null : value;
}
