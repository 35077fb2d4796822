// What this search does not find would be taken for absent, so each form is planted first, written by others
// than those who look for it.

import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';

import { describe, expect, it } from '@jest/globals';

import { canaryOf, forms, LeakSearch } from '#test/faults/leak-search.js';

const text = `Zoë "the bird" ${randomBytes(8).toString('hex')} & cô/`;
const key = randomBytes(32);
const code = '048213';
const search = new LeakSearch([canaryOf('name', text), canaryOf('key', key), canaryOf('code', code)]);

const found = (written: string | Buffer) => search.in(Buffer.from(written));
const around = (before: number, bytes: Buffer) => Buffer.concat([randomBytes(before), bytes, randomBytes(7)]);
const places = [0, 1, 2, 3, 4];

/** RFC 4648 section 6, by bits. */
function base32(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? [])
    .map((five) => Number.parseInt(five, 2).toString(32))
    .map(rfc)
    .join('');
}
const rfc = (digit: string) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.charAt(Number.parseInt(digit, 32));

const planted: Readonly<Record<keyof typeof forms, readonly (string | Buffer)[]>> = {
  raw: [`x${text}y`, Buffer.from(` ${text}`)],
  'other case': [text.toUpperCase(), text.toLowerCase()],
  'UTF-16': [
    Buffer.from(`x${text}`, 'utf16le'),
    Buffer.concat([Buffer.alloc(1), Buffer.from(`${text}x`, 'utf16le')]),
    Buffer.from(text, 'utf16le').swap16(),
  ],
  hex: [Buffer.from(`ü${text}`).toString('hex'), Buffer.from(text).toString('hex').toUpperCase()],
  'hex in pairs': [
    `<Buffer ${[...Buffer.from(text)].map((byte) => Buffer.of(byte).toString('hex')).join(' ')}>`,
  ],
  base64: places.map((before) => around(before, Buffer.from(text)).toString('base64')),
  base64url: places.map((before) => around(before, Buffer.from(text)).toString('base64url')),
  base32: places.flatMap((before) => {
    const written = base32(around(before, Buffer.from(text)));
    return [written, written.toLowerCase()];
  }),
  'URL-encoded': [
    new URLSearchParams({ text }).toString(),
    `/users/${encodeURIComponent(text)}?x`,
    encodeURIComponent(text).replaceAll(/%../g, (escaped) => escaped.toLowerCase()),
    [...Buffer.from(text)].map((byte) => `%${Buffer.of(byte).toString('hex').toUpperCase()}`).join(''),
  ],
  'JSON-escaped': [
    JSON.stringify({ text }),
    JSON.stringify({ text }).replaceAll('ë', '\\u00eb').replaceAll('ô', '\\u00F4').replaceAll('F4', 'f4'),
    [...text].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
  ],
  numbers: [JSON.stringify(Buffer.from(text)), [...Buffer.from(text)].join(', ')],
};

describe('a canary', () => {
  it.each(Object.keys(forms))('is found where it is written down in the form "%s"', (form) => {
    const written = planted[form] ?? [];
    expect(written.length).toBeGreaterThan(0);
    for (const one of written) expect(found(one)).toContain(`name, ${form}`);
  });

  it('that is a key is found too, wherever it stands', () => {
    for (const before of places) {
      const bytes = around(before, key);
      expect(found(bytes)).toEqual(['key, raw']);
      expect(found(bytes.toString('base64'))).toContain('key, base64');
      expect(found(bytes.toString('base64url'))).toContain('key, base64url');
      expect(found(base32(bytes))).toEqual(['key, base32']);
      expect(found(bytes.toString('hex'))).toEqual(['key, hex']);
      expect(found(JSON.stringify(bytes))).toEqual(['key, numbers']);
    }
    expect(found(inspect(key))).toEqual(['key, hex in pairs']);
  });

  it('of six digits is found where they stand by themselves, and in what encodes them', () => {
    for (const written of ['048213', '"048213"', 'code 048213, wrong', '{"code":"048213"}', '(048213)'])
      expect(found(written)).toContain('code, raw');
    for (const written of ['1048213', '0482130', 'x048213', '2-048213', '0.048213', '0482 13'])
      expect(found(written)).toEqual([]);
    for (const before of places)
      expect(found(around(before, Buffer.from('"048213"')).toString('base64'))).toContain('code, base64');
    expect(found(Buffer.from('048213').toString('hex'))).toContain('code, hex');
  });

  it('is not found where it is not, nor where a part of it is', () => {
    expect(found(randomBytes(4_000_000))).toEqual([]);
    expect(found(randomBytes(2_000_000).toString('base64'))).toEqual([]);
    expect(found(text.slice(1))).toEqual([]);
    expect(found(key.subarray(0, 31))).toEqual([]);
  });

  it('must be long enough to be looked for', () => {
    expect(() => canaryOf('short', 'abcde')).toThrow('short is too short');
  });
});
