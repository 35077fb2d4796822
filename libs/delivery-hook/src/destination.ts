// Where a delivery goes: looked up and checked each time, since a name may lead elsewhere a moment later.

import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

import { isPublicAddress } from '#delivery-hook/public-address.js';

export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

/** All addresses of a name. Rejects where there are none. */
export type Resolve = (name: string) => Promise<readonly { address: string; family: number }[]>;

export interface Hook {
  readonly url: URL;
  /** By name or by address, in lower case: these may be private, and spoken to in the clear. */
  readonly allowedHosts: ReadonlySet<string>;
}

export type Destination =
  | ({ readonly status: 'found' } & Address)
  | { readonly status: 'failed'; readonly reason: 'name-not-resolved' | 'address-refused' };

export const resolveByDns: Resolve = (name) => lookup(name, { all: true, verbatim: true });

/** As they stand in settings and in `URL.hostname`, without the brackets of IPv6. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '').toLowerCase();

/** The address that is answered is the one to connect to: another look could answer another. */
export async function destinationOf({ url, allowedHosts }: Hook, resolve: Resolve): Promise<Destination> {
  const host = hostOf(url);
  const found = await addressesOf(host, resolve);
  const [first] = found;
  if (first === undefined) return { status: 'failed', reason: 'name-not-resolved' };
  if (allowedHosts.has(host)) return { status: 'found', ...first };
  // A name that has a private address among its public ones is not one to be trusted with either.
  if (url.protocol !== 'https:' || !found.every(({ address }) => isPublicAddress(address)))
    return { status: 'failed', reason: 'address-refused' };
  return { status: 'found', ...first };
}

async function addressesOf(host: string, resolve: Resolve): Promise<readonly Address[]> {
  const family = isIP(host);
  const found = family === 0 ? await resolve(host).catch(() => []) : [{ address: host, family }];
  return found.flatMap((one) => (isFamily(one.family) ? [{ address: one.address, family: one.family }] : []));
}

const isFamily = (family: number): family is Address['family'] => family === 4 || family === 6;
