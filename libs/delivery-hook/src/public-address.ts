// Which addresses are of the public internet. Whoever may choose where deliveries go could otherwise have this machine
// speak to what only it can reach: itself, its neighbours, the metadata of its cloud.

import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** IANA's registry of special-purpose IPv4 addresses, multicast, and what is reserved. */
const notPublicIpv4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  // Public by its number: what answers there is the metadata service of Azure.
  '168.63.129.16/32',
];

/** Global unicast: what is not within it is not public, or not given to anybody yet. */
const globalUnicast = '2000::/3';

/** Within it: IETF protocols with Teredo among them, documentation, and 6to4, which leads to any IPv4 address. */
const notPublicIpv6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

const mappedIpv4 = '::ffff:0:0/96';

const refusedIpv4 = listOf(notPublicIpv4, 'ipv4');
const unicastIpv6 = listOf([globalUnicast], 'ipv6');
const refusedIpv6 = listOf(notPublicIpv6, 'ipv6');
const mapped = listOf([mappedIpv4], 'ipv6');

/** False for whatever is no address. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !refusedIpv4.check(address, 'ipv4');
  // A zone belongs to a link of this machine.
  if (!isIPv6(address) || address.includes('%')) return false;
  if (mapped.check(address, 'ipv6')) return isPublicAddress(ipv4Within(address));
  return unicastIpv6.check(address, 'ipv6') && !refusedIpv6.check(address, 'ipv6');
}

/** In whichever of its spellings the mapped address came. */
function ipv4Within(address: string): string {
  const canonical = new URL(`http://[${address}]`).hostname;
  const [high = '', low = ''] = canonical.slice(1, -1).split(':').slice(-2);
  const bits = Number.parseInt(high, 16) * 65_536 + Number.parseInt(low, 16);
  return [24, 16, 8, 0].map((shift) => Math.floor(bits / 2 ** shift) % 256).join('.');
}

function listOf(networks: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits = ''] = network.split('/');
    list.addSubnet(address, Number(bits), family);
  }
  return list;
}
