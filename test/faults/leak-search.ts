// Looks in bytes for what must not be there, in each form in which software is wont to write things down. A form
// that depends on where the text stands among others, as base64 does, is looked for at each of these places.

import { base32Encode } from '#secrets/base32.js';

export interface Canary {
  /** What a finding is called by: the text itself is a secret. */
  readonly name: string;
  readonly bytes: Buffer;
  /** So short that chance would write it into any random text: counts only where it stands by itself. */
  readonly isWord: boolean;
}

export function canaryOf(name: string, value: string | Uint8Array): Canary {
  const bytes = typeof value === 'string' ? Buffer.from(value) : Buffer.from(value);
  if (bytes.length < shortest) throw new RangeError(`${name} is too short to be looked for`);
  return { name, bytes, isWord: bytes.length <= wordBytesMax && /^\d+$/.test(bytes.toString('latin1')) };
}

/** In latin1, a character a byte. */
type Form = (bytes: Buffer) => readonly string[];

export const forms: Readonly<Record<string, Form>> = {
  raw: (bytes) => [bytes.toString('latin1')],
  'other case': (bytes) => [latin1(textOf(bytes).toLowerCase()), latin1(textOf(bytes).toUpperCase())],
  'UTF-16': (bytes) => {
    const little = Buffer.from(textOf(bytes), 'utf16le');
    return [little.toString('latin1'), little.swap16().toString('latin1')];
  },
  hex: (bytes) => bothCases(bytes.toString('hex')),
  'hex in pairs': (bytes) => bothCases([...bytes].map(pair).join(' ')),
  base64: (bytes) => [0, 1, 2].flatMap((before) => inner(bytes, { before, bits: 6, encode: base64 })),
  base64url: (bytes) => [0, 1, 2].flatMap((before) => inner(bytes, { before, bits: 6, encode: base64url })),
  base32: (bytes) =>
    [0, 1, 2, 3, 4]
      .flatMap((before) => inner(bytes, { before, bits: 5, encode: base32Encode }))
      .flatMap(bothCases),
  'URL-encoded': (bytes) => [
    ...bothCases([...bytes].map((byte) => `%${pair(byte)}`).join('')),
    ...bothCasesOfEscapes(encodeURIComponent(textOf(bytes))),
    new URLSearchParams([['', textOf(bytes)]]).toString().slice(1),
  ],
  'JSON-escaped': (bytes) => {
    const text = textOf(bytes);
    const escaped = JSON.stringify(text).slice(1, -1);
    const ascii = escaped.replaceAll(/[^\0-\x7f]/g, unit);
    return [latin1(escaped), ...bothCasesOfEscapes(ascii), [...text].flatMap(units).join('')];
  },
  numbers: (bytes) => [bytes.join(','), bytes.join(', ')],
};

/** Six digits are a code; a needle of fewer bytes would be found anywhere. */
const shortest = 6;
const wordBytesMax = 8;
/** By so many bytes a needle is found; the rest is then compared. */
const stemBytes = 3;

interface Needle {
  readonly found: string;
  readonly bytes: Buffer;
  readonly isWord: boolean;
}

export class LeakSearch {
  readonly #needles = new Map<number, Needle[]>();
  readonly #isStem = new Uint8Array(2 ** (8 * stemBytes));

  constructor(canaries: Iterable<Canary>) {
    for (const canary of canaries) {
      for (const [form, write] of Object.entries(forms)) {
        for (const text of new Set(write(canary.bytes))) this.#add(canary, form, text);
      }
    }
  }

  /** `<canary>, <form>` for each that is there, once. */
  in(bytes: Buffer): string[] {
    const found = new Set<string>();
    let stem = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      stem = ((stem << 8) | (bytes[at] as number)) & 0xff_ffff;
      if (this.#isStem[stem] === 0) continue;
      const from = at - stemBytes + 1;
      for (const needle of this.#needles.get(stem) ?? [])
        if (isAt(bytes, from, needle)) found.add(needle.found);
    }
    return [...found];
  }

  #add({ name, bytes: canary, isWord }: Canary, form: string, text: string): void {
    const written = canary.toString('latin1');
    const bytes = Buffer.from(text, 'latin1');
    if (bytes.length < shortest) return;
    const stem = bytes.readUIntBE(0, stemBytes);
    const needle = { found: `${name}, ${form}`, bytes, isWord: isWord && text === written };
    this.#isStem[stem] = 1;
    this.#needles.set(stem, [...(this.#needles.get(stem) ?? []), needle]);
  }
}

function isAt(bytes: Buffer, from: number, { bytes: needle, isWord }: Needle): boolean {
  const to = from + needle.length;
  if (from < 0 || to > bytes.length || needle.compare(bytes, from, to) !== 0) return false;
  return !isWord || (isBreak(bytes[from - 1]) && isBreak(bytes[to]));
}

/** Not of the alphabets that random bytes are written in, nor the point or the dash within what they make up. */
function isBreak(byte: number | undefined): boolean {
  return byte === undefined || !/[\w+/=.%-]/.test(String.fromCharCode(byte));
}

/** Some bytes were before: the characters that hold nothing but the canary. */
function inner(
  bytes: Buffer,
  { before, bits, encode }: { before: number; bits: number; encode: (bytes: Buffer) => string },
): string[] {
  const text = encode(Buffer.concat([Buffer.alloc(before), bytes]));
  const from = Math.ceil((before * 8) / bits);
  const to = Math.floor(((before + bytes.length) * 8) / bits);
  return [text.slice(from, to)];
}

const base64 = (bytes: Buffer) => bytes.toString('base64');
const base64url = (bytes: Buffer) => bytes.toString('base64url');
const pair = (byte: number) => byte.toString(16).padStart(2, '0');
const unit = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
const units = (character: string) => Array.from(character, (_, at) => unit(character.slice(at)));
const textOf = (bytes: Buffer) => bytes.toString('utf8');
const latin1 = (text: string) => Buffer.from(text).toString('latin1');
const bothCases = (text: string) => [text.toLowerCase(), text.toUpperCase()];
const bothCasesOfEscapes = (text: string) => [
  text,
  text.replaceAll(/%..|\\u..../g, (escaped) => escaped.toLowerCase()),
];
