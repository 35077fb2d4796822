import { isIPv4, isIPv6 } from 'node:net';

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { addressKey } from '#access/address-key.js';

const seed = Number(process.env.COUNTERSIGN_TEST_SEED ?? 20_260_101);

describe('what an address is counted by', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:192.0.2.7', '192.0.2.7'],
    ['::ffff:c000:207', '192.0.2.7'],
    ['0:0:0:0:0:ffff:192.0.2.7', '192.0.2.7'],
  ])('an IPv4 address, also as IPv6 carries it: %s', (address, key) => {
    expect(addressKey(address)).toBe(key);
  });

  it.each([
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:3:4:192.0.2.7', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:3:4:5::', '2001:db8:1:2::/64'],
    ['2001:db8::', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::fffe:192.0.2.7', '0:0:0:0::/64'],
    ['1::ffff:192.0.2.7', '1:0:0:0::/64'],
  ])('the network of an IPv6 address, however it is written: %s', (address, key) => {
    expect(addressKey(address)).toBe(key);
  });

  it('another network is another key', () => {
    expect(addressKey('2001:db8:1:3::1')).not.toBe(addressKey('2001:db8:1:2::1'));
  });

  it.each([
    '',
    'localhost',
    '192.0.2',
    '192.0.2.256',
    '192.0.2.07',
    '192.0.2.7 ',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '12345::',
    'g::',
    '192.0.2.7::',
    '::192.0.2.7:1',
    '::ffff:192.0.2.256',
    '[2001:db8::1]',
  ])('what is no address is one with all others that are none: %p', (text) => {
    expect(addressKey(text)).toBe('none');
  });

  it('tells addresses from other texts as Node does', () => {
    const piece = fc.constantFrom('::', ':', '.', '0', '1', 'ffff', 'a', '192.0.2.7', '256', '%e', 'g');
    const address = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.array(piece, { maxLength: 16 }).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(address, (text) => {
        expect(addressKey(text) !== 'none').toBe(isIPv4(text) || isIPv6(text));
      }),
      { seed, numRuns: 2_000 },
    );
  });
});
