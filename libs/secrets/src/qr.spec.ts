import { inspect } from 'node:util';
import { inflateSync } from 'node:zlib';

import { describe, expect, it } from '@jest/globals';
import { create } from 'qrcode';

import { otpauthUri } from '#secrets/otpauth-uri.js';
import { qrPng, qrPngDataUri, qrSvg } from '#secrets/qr.js';
import { scanPng, scanSvg } from '#secrets/testing/scan-qr.js';

const uri = otpauthUri({
  issuer: 'Example',
  account: 'alice@example.com',
  secret: Buffer.from('12345678901234567890'),
  parameters: { algorithm: 'SHA1', digits: 6, periodSeconds: 30 },
});

const longest = otpauthUri({
  issuer: '😀'.repeat(64),
  account: '😀'.repeat(200),
  secret: Buffer.alloc(64, 0xa5),
  parameters: { algorithm: 'SHA512', digits: 8, periodSeconds: 60 },
});

const quietModules = 4;
/** Of one module in the PNG. */
const pixels = 4;

/** The dark modules of the URI at level M, as rows of text. */
function expectedRows(text: string): string[] {
  const { size, data } = create([{ data: Buffer.from(text), mode: 'byte' }], {
    errorCorrectionLevel: 'M',
  }).modules;
  return Array.from({ length: size }, (_, row) =>
    Array.from(data.subarray(row * size, (row + 1) * size), (dark) => (dark ? '#' : '.')).join(''),
  );
}

/** Just enough of a PNG reader: eight bits of red, green, blue and alpha, rows filtered or not. */
function rowsOf(png: Buffer): { width: number; rows: Buffer[] } {
  expect(png.subarray(0, 8).toString('hex')).toBe('89504e470d0a1a0a');
  const width = png.readUInt32BE(16);
  expect([png[24], png[25]]).toEqual([8, 6]);
  const parts: Buffer[] = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at))
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT')
      parts.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  const raw = inflateSync(Buffer.concat(parts));
  const stride = width * 4;
  const rows: Buffer[] = [];
  for (let row = 0; row * (stride + 1) < raw.length; row += 1) {
    const start = row * (stride + 1);
    rows.push(unfiltered(raw[start] ?? -1, raw.subarray(start + 1, start + 1 + stride), rows.at(-1)));
  }
  return { width, rows };
}

/** PNG section 9.2. */
function unfiltered(filter: number, line: Buffer, above: Buffer | undefined): Buffer {
  const row = Buffer.from(line);
  for (const [index, byte] of line.entries()) {
    const [left, up, corner] = [row[index - 4] ?? 0, above?.[index] ?? 0, above?.[index - 4] ?? 0];
    row[index] = byte + ([0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter] ?? Number.NaN);
  }
  return row;
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const distances = [left, up, corner].map((value) => Math.abs(guess - value));
  return [left, up, corner][distances.indexOf(Math.min(...distances))] ?? 0;
}

describe('a QR code', () => {
  it('as PNG shows the URI at level M, black on white, with four quiet modules around it', async () => {
    const { width, rows } = rowsOf(await qrPng(uri));
    const expected = expectedRows(uri);
    expect(width).toBe((expected.length + 2 * quietModules) * pixels);
    const colour = (row: number, column: number) =>
      rows[row * pixels]?.readUInt32BE(column * pixels * 4).toString(16);
    const shown = Array.from({ length: width / pixels }, (_, row) =>
      Array.from({ length: width / pixels }, (__, column) => colour(row, column)),
    );
    expect(new Set(shown.flat())).toEqual(new Set(['ff', 'ffffffff']));
    const quiet = '.'.repeat(quietModules);
    const margin = Array.from({ length: quietModules }, () => '.'.repeat(width / pixels));
    expect(shown.map((row) => row.map((one) => (one === 'ff' ? '#' : '.')).join(''))).toEqual([
      ...margin,
      ...expected.map((row) => quiet + row + quiet),
      ...margin,
    ]);
  });

  it('as a data URI is the same image', async () => {
    const png = await qrPng(uri);
    expect(await qrPngDataUri(uri)).toBe(`data:image/png;base64,${png.toString('base64')}`);
  });

  it('as SVG is black on white, has quiet modules, and runs nothing and loads nothing', async () => {
    const svg = await qrSvg(uri);
    const size = expectedRows(uri).length + 2 * quietModules;
    expect(svg).toMatch(new RegExp(`^<svg [^>]*viewBox="0 0 ${size} ${size}"`));
    expect(svg.match(/#[0-9a-f]{6}/g)).toEqual(['#ffffff', '#000000']);
    expect(svg).not.toMatch(/script|href|url\(|otpauth|GEZDGNBV/i);
  });

  it.each([
    ['short', uri],
    ['longest', longest],
  ])('of the %s URI is read by a camera, as PNG and as SVG', async (_, text) => {
    expect(scanPng(await qrPngDataUri(text))).toBe(text);
    expect(scanSvg(await qrSvg(text))).toBe(text);
  });

  it('has room for the longest names, secret and parameters', async () => {
    await expect(qrPng(longest)).resolves.toBeInstanceOf(Buffer);
    await expect(qrSvg(longest)).resolves.toContain('</svg>');
  });

  it('of what is too long fails with an error that does not quote it', async () => {
    const failure: unknown = await qrPng(`otpauth://totp/canary?secret=${'A'.repeat(3_000)}`).catch(
      (error) => error,
    );
    expect(failure).toBeInstanceOf(Error);
    expect(inspect(failure, { depth: null, showHidden: true })).not.toMatch(/canary|AAAA/);
  });
});
