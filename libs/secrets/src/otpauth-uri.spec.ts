import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { TotpParameters } from '#domain/totp/events.js';
import { otpauthUri } from '#secrets/otpauth-uri.js';

const parameters: TotpParameters = { algorithm: 'SHA1', digits: 6, periodSeconds: 30 };
const secret = Buffer.from('12345678901234567890');
const uri = (issuer: string, account: string) => otpauthUri({ issuer, account, secret, parameters });

describe('an otpauth URI', () => {
  it('has the issuer in its label and in a parameter, and the secret without padding', () => {
    expect(uri('Example', 'alice')).toBe(
      'otpauth://totp/Example:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Example&algorithm=SHA1&digits=6&period=30',
    );
  });

  it('names the parameters that were chosen', () => {
    const chosen: TotpParameters = { algorithm: 'SHA512', digits: 8, periodSeconds: 60 };
    const text = otpauthUri({ issuer: 'Example', account: 'alice', secret, parameters: chosen });
    expect(text).toMatch(/&algorithm=SHA512&digits=8&period=60$/);
  });

  it('has no padding for secrets of any length', () => {
    const lengths = Array.from({ length: 49 }, (_, index) => 16 + index);
    const texts = lengths.map((length) =>
      otpauthUri({ issuer: 'E', account: 'a', secret: Buffer.alloc(length, 255), parameters }),
    );
    expect(texts.filter((text) => /secret=[A-Z2-7]+&issuer=E&/.test(text))).toEqual(texts);
  });

  it.each([
    ['spaces become %20 and never a plus', 'My Company', 'alice smith', 'My%20Company:alice%20smith'],
    ['a plus stays a plus', 'A+B', 'alice+test', 'A%2BB:alice%2Btest'],
    ['an address is encoded', 'Example', 'alice@example.com', 'Example:alice%40example.com'],
    ['colons would end the issuer, and become spaces', 'a:b', 'c:d', 'a%20b:c%20d'],
    ['full-width colons are letters like others', 'a：b', 'c', 'a%EF%BC%9Ab:c'],
    ['line ends and control characters become spaces', 'a\r\nb', 'c\u0000d\u0085e', 'a%20b:c%20d%20e'],
    ['white space around is dropped', '  Example ', ' alice ', 'Example:alice'],
    ['what would begin a query or a path does not', 'a?b&c=d#e', 'f/g%h', 'a%3Fb%26c%3Dd%23e:f%2Fg%25h'],
    ['letters of any script are kept', 'Größe', '花子', 'Gr%C3%B6%C3%9Fe:%E8%8A%B1%E5%AD%90'],
    ['letters are whole ones, not put together', 'Gro\u0308ße', 'e\u0301', 'Gr%C3%B6%C3%9Fe:%C3%A9'],
    ['half a character is replaced', 'a\ud83d', 'b', 'a%EF%BF%BD:b'],
  ])('%s', (_rule, issuer, account, label) => {
    const text = uri(issuer, account);
    expect(text).toMatch(/^otpauth:\/\/totp\/[^?]*\?[^?]*$/);
    expect(text.slice('otpauth://totp/'.length).split('?')[0]).toBe(label);
    expect(text).toContain(`&issuer=${label.split(':')[0]}&`);
  });

  it.each([
    ['issuer', ' : ', 'alice', 'otpauth://totp/alice?secret='],
    ['account', 'Example', '', 'otpauth://totp/Example?secret='],
  ])('does without an %s of which nothing is left', (_part, issuer, account, beginning) => {
    expect(uri(issuer, account).startsWith(beginning)).toBe(true);
    expect(uri(issuer, account)).not.toContain('issuer=&');
    expect(uri(issuer, account)).toMatch(
      /\?secret=[A-Z2-7]+(&issuer=Example)?&algorithm=SHA1&digits=6&period=30$/,
    );
  });

  it('says the same of issuer and account to whoever decodes it', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(name, name, (issuer, account) => {
        const read = new URL(uri(issuer, account));
        const [first, ...others] = decodeURIComponent(read.pathname.slice(1)).split(':');
        expect(others.length).toBeLessThanOrEqual(1);
        expect(read.searchParams.get('issuer') ?? first).toBe(first);
        expect(read.searchParams.get('secret')).toBe('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
        expect(uri(issuer, account)).not.toMatch(/[+\s]/);
      }),
    );
  });

  it.each([
    ['letters', 'i'.repeat(193), 'i'.repeat(192)],
    ['characters of three bytes', '花'.repeat(30), encodeURIComponent('花'.repeat(21))],
    ['characters of two halves', `${'a'.repeat(181)}😀`, 'a'.repeat(181)],
    ['what just fits', `${'a'.repeat(180)}😀`, `${'a'.repeat(180)}%F0%9F%98%80`],
  ])('cuts long names of %s, and not within a character', (_of, name, shown) => {
    const text = uri(name, name);
    expect(text).toContain(`/${shown}:${shown}?`);
    expect(text).toContain(`&issuer=${shown}&`);
  });
});
