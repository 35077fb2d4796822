import { describe, expect, it } from '@jest/globals';

import { clientAddress } from '#server/client-address.js';

const forwarded = (text: string | null) => (name: string) => (name === 'x-forwarded-for' ? text : null);

describe('the address of a client', () => {
  it('is that of its connection where no proxy is trusted, whatever a header says', () => {
    expect(clientAddress(null)('192.0.2.1', forwarded('10.0.0.9'))).toBe('192.0.2.1');
    expect(clientAddress(['10.0.0.0/8'])('192.0.2.1', forwarded('10.0.0.9'))).toBe('192.0.2.1');
  });

  it.each([
    ['10.1.2.3', '192.0.2.7', '192.0.2.7'],
    ['10.1.2.3', 'forged, 192.0.2.7', '192.0.2.7'],
    ['10.1.2.3', '198.51.100.1, 192.0.2.7', '192.0.2.7'],
    ['10.1.2.3', '192.0.2.7, 10.9.9.9', '192.0.2.7'],
    ['10.1.2.3', '192.0.2.7, 2001:db8::5', '192.0.2.7'],
    ['::ffff:10.1.2.3', '192.0.2.7', '192.0.2.7'],
    ['10.1.2.3', '192.0.2.7:55123', '192.0.2.7'],
    ['10.1.2.3', '[2001:db8:1::7]:443', '2001:db8:1::7'],
    ['10.1.2.3', null, '10.1.2.3'],
    ['10.1.2.3', 'nonsense', '10.1.2.3'],
    ['10.1.2.3', '192.0.2.7, nonsense', '10.1.2.3'],
  ])('behind trusted %s with %j it is %s', (peer, header, client) => {
    expect(clientAddress(['10.0.0.0/8', '2001:db8::5'])(peer, forwarded(header))).toBe(client);
  });

  it('is never looked for among more addresses than proxies can be in a row', () => {
    const chain = `192.0.2.7${', 10.0.0.1'.repeat(30)}`;
    expect(clientAddress(['10.0.0.0/8'])('10.1.2.3', forwarded(chain))).toBe('10.0.0.1');
  });
});
