import { describe, expect, it } from '@jest/globals';

import { isPublicAddress } from '#delivery-hook/public-address.js';

describe('an address that is not public', () => {
  it.each([
    ['this network', '0.0.0.0'],
    ['this network, to its end', '0.255.255.255'],
    ['private, 10', '10.0.0.1'],
    ['private, 172.16', '172.16.0.1'],
    ['private, 172.31', '172.31.255.255'],
    ['private, 192.168', '192.168.1.1'],
    ['of a carrier', '100.64.0.1'],
    ['of a carrier, to its end', '100.127.255.255'],
    ['metadata of a cloud within a carrier’s', '100.100.100.200'],
    ['loopback', '127.0.0.1'],
    ['loopback, to its end', '127.255.255.255'],
    ['link-local', '169.254.0.1'],
    ['metadata of most clouds', '169.254.169.254'],
    ['metadata of one more', '168.63.129.16'],
    ['metadata of another', '192.0.0.192'],
    ['documentation', '192.0.2.1'],
    ['relays of 6to4', '192.88.99.1'],
    ['benchmarks', '198.19.255.255'],
    ['multicast', '224.0.0.1'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['unspecified, IPv6', '::'],
    ['loopback, IPv6', '::1'],
    ['loopback, mapped', '::ffff:127.0.0.1'],
    ['loopback, mapped, in hexadecimal', '::ffff:7f00:1'],
    ['loopback, mapped, at full length', '0:0:0:0:0:ffff:7f00:0001'],
    ['private, mapped', '::ffff:10.0.0.1'],
    ['metadata, mapped', '::FFFF:169.254.169.254'],
    ['loopback in the form before mapping', '::127.0.0.1'],
    ['loopback, translated', '64:ff9b::7f00:1'],
    ['translated locally', '64:ff9b:1::1'],
    ['discarded', '100::1'],
    ['link-local, IPv6', 'fe80::1'],
    ['link-local with its link', 'fe80::1%eth0'],
    ['public with a link', '2606:4700:4700::1111%eth0'],
    ['site-local', 'fec0::1'],
    ['unique local', 'fc00::1'],
    ['unique local, metadata of a cloud', 'fd00:ec2::254'],
    ['multicast, IPv6', 'ff02::1'],
    ['Teredo', '2001::1'],
    ['6to4 of loopback', '2002:7f00:1::1'],
    ['documentation, IPv6', '2001:db8::1'],
    ['documentation, the newer', '3fff::1'],
    ['not given to anybody', '4000::1'],
    ['no address', 'localhost'],
    ['no address, but a number', '2130706433'],
    ['no address, but octal', '0177.0.0.1'],
    ['nothing', ''],
  ])('%s: %s', (_, address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

describe('an address that is public', () => {
  it.each([
    '1.1.1.1',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '168.63.129.15',
    '169.253.255.255',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '223.255.255.255',
    '::ffff:8.8.8.8',
    '::ffff:808:808',
    '2606:4700:4700::1111',
    '2001:200::1',
    '2a00:1450::1',
  ])('%s', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });
});
