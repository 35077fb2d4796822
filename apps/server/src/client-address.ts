// Whose call it is: the peer's own address, unless the peer is a proxy that the settings trust. Then it is the
// last address in its header that no trusted proxy has: what stands before that one, anybody can have written.

import { BlockList, isIP } from 'node:net';

export type AddressOf = (peer: string, header: (name: string) => string | null) => string;

/** Longer chains of proxies are nobody's; a header may be 16 KiB. */
const hopsMax = 20;

export function clientAddress(trustedProxies: readonly string[] | null): AddressOf {
  if (trustedProxies === null) return (peer) => peer;
  const trusted = networksOf(trustedProxies);
  const isTrusted = (address: string) => trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  return (peer, header) => {
    let client = plain(peer);
    if (isIP(client) === 0) return peer;
    const hops = (header('x-forwarded-for') ?? '').split(',').slice(-hopsMax);
    while (isTrusted(client)) {
      const before = plain(hops.pop()?.trim() ?? '');
      if (isIP(before) === 0) break;
      client = before;
    }
    return client;
  };
}

function networksOf(texts: readonly string[]): BlockList {
  const networks = new BlockList();
  for (const text of texts) {
    const [address = '', bits] = text.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) networks.addAddress(address, family);
    else networks.addSubnet(address, Number(bits), family);
  }
  return networks;
}

/** A socket for both kinds tells an IPv4 address as one of IPv6; some proxies put brackets and a port around. */
function plain(address: string): string {
  const bare = /^\[(.+)\](?::\d+)?$/.exec(address)?.[1] ?? address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1] ?? bare;
  return /^\d+\.\d+\.\d+\.\d+:\d+$/.test(mapped) ? mapped.slice(0, mapped.lastIndexOf(':')) : mapped;
}
