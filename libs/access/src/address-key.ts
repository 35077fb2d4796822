// By what the address of a client is counted: whoever has an IPv6 network has as many addresses as it likes.

/** What is no address is counted together, so that nobody makes keys by making up texts. */
const noAddress = 'none';

const ipv4Part = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const ipv4Pattern = new RegExp(`^${ipv4Part}(?:\\.${ipv4Part}){3}$`);
const groupPattern = /^[0-9a-f]{1,4}$/;
const zonePattern = /%[0-9a-z.:-]+$/;

/** As sockets tell it that listen for both: so common that it is not read by groups. */
const mappedPrefix = '::ffff:';

const groupsOfIpv6 = 8;
/** The smallest network that one customer is given: RFC 6177, RFC 4291 §2.5.4. */
const groupsOfNetwork = 4;

/** An IPv4 address as it is, also where IPv6 carries it (RFC 4291 §2.5.5.2); of an IPv6 address its /64. */
export function addressKey(address: string): string {
  const plain = address.startsWith(mappedPrefix) ? address.slice(mappedPrefix.length) : address;
  if (ipv4Pattern.test(plain)) return plain;
  const groups = groupsOf(address);
  if (groups === null) return noAddress;
  return mappedIpv4(groups) ?? `${groups.slice(0, groupsOfNetwork).map(hex).join(':')}::/64`;
}

/** Whole, as libraries read it that know no zones and no dots in IPv6; null where it is none. */
export function ipAddress(address: string): string | null {
  const plain = address.startsWith(mappedPrefix) ? address.slice(mappedPrefix.length) : address;
  if (ipv4Pattern.test(plain)) return plain;
  const groups = groupsOf(address);
  return groups === null ? null : (mappedIpv4(groups) ?? groups.map(hex).join(':'));
}

const hex = (group: number) => group.toString(16);

/** The eight groups, `::` filled up (RFC 4291 §2.2), without a zone (RFC 4007 §11); null where it is none. */
function groupsOf(address: string): readonly number[] | null {
  if (!address.includes(':')) return null;
  const text = address.toLowerCase().replace(zonePattern, '');
  const [head = '', tail, ...more] = text.split('::');
  if (more.length > 0 || (tail !== undefined && head.includes('.'))) return null;
  const before = readGroups(head);
  const after = readGroups(tail ?? '');
  if (before === null || after === null) return null;
  const missing = groupsOfIpv6 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return null;
  return [...before, ...new Array<number>(missing).fill(0), ...after];
}

function readGroups(text: string): readonly number[] | null {
  if (text === '') return [];
  const groups = text.split(':');
  const last = groups.at(-1) ?? '';
  const isDotted = ipv4Pattern.test(last);
  const whole = isDotted ? groups.slice(0, -1) : groups;
  if (!whole.every((group) => groupPattern.test(group))) return null;
  const numbers = whole.map((group) => Number.parseInt(group, 16));
  return isDotted ? [...numbers, ...groupsOfDotted(last)] : numbers;
}

function groupsOfDotted(text: string): readonly number[] {
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number);
  return [a * 256 + b, c * 256 + d];
}

function mappedIpv4(groups: readonly number[]): string | null {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, marker, high = 0, low = 0] = groups;
  if (a + b + c + d + e > 0 || marker !== 0xffff) return null;
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
