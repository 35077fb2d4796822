// Base32 of RFC 4648, as authenticator apps want it: upper case, no padding.

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** 128 bits: RFC 4226 section 4, R6. */
const seedBytesMin = 16;
/** The block of SHA-1 and SHA-256. A longer key is hashed before use, and old apps choke on it. */
const seedBytesMax = 64;
/** A seed of 64 bytes is 104 characters with its padding, and may come in groups. */
const typedCharactersMax = 256;

export type SeedRefusal = 'not-base32' | 'too-short' | 'too-long';
export type DecodedSeed =
  | { readonly kind: 'seed'; readonly bytes: Buffer }
  | { readonly kind: 'refused'; readonly reason: SeedRefusal };

export function base32Encode(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let bitCount = 0;
  for (const byte of bytes) {
    bits = (bits << 8) | byte;
    for (bitCount += 8; bitCount >= 5; bitCount -= 5) text += alphabet[(bits >>> (bitCount - 5)) & 31];
    bits &= 31;
  }
  return bitCount === 0 ? text : text + alphabet[(bits << (5 - bitCount)) & 31];
}

/**
 * A seed from elsewhere. Spaces, lower case and whole padding are accepted. What two decoders could read
 * differently is not: bits left over that are not zero, lengths that no bytes have.
 */
export function base32Decode(typed: string): DecodedSeed {
  if (typed.length > typedCharactersMax) return refused('too-long');
  const text = withoutPadding(typed.replaceAll(/\s/g, ''));
  if (text === null || !/^[A-Za-z2-7]*$/.test(text)) return refused('not-base32');
  const bytes = decode(text.toUpperCase());
  if (bytes === null) return refused('not-base32');
  if (bytes.length < seedBytesMin) return refused('too-short');
  return bytes.length > seedBytesMax ? refused('too-long') : { kind: 'seed', bytes };
}

const refused = (reason: SeedRefusal): DecodedSeed => ({ kind: 'refused', reason });

function withoutPadding(text: string): string | null {
  const bare = text.replace(/={1,6}$/, '');
  return bare.length === text.length || text.length % 8 === 0 ? bare : null;
}

function decode(text: string): Buffer | null {
  const bytes = Buffer.alloc(Math.floor((text.length * 5) / 8));
  let bits = 0;
  let bitCount = 0;
  let at = 0;
  for (const character of text) {
    bits = (bits << 5) | alphabet.indexOf(character);
    bitCount += 5;
    if (bitCount >= 8) {
      bitCount -= 8;
      bytes[at] = bits >>> bitCount;
      at += 1;
      bits &= (1 << bitCount) - 1;
    }
  }
  return bitCount >= 5 || bits !== 0 ? null : bytes;
}
