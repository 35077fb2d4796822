// Hashes of passwords as they are kept, and as other services hand them over: PHC texts, and bcrypt's own form. Each is
// read before anything is computed from it: whoever may import a hash says what each later guess at it costs.

export type StoredHash =
  | { readonly kind: 'argon2'; readonly text: string }
  | { readonly kind: 'bcrypt'; readonly text: string }
  | {
      readonly kind: 'scrypt';
      readonly cost: number;
      readonly blockSize: number;
      readonly parallelism: number;
      readonly salt: Buffer;
      readonly hash: Buffer;
    }
  | {
      readonly kind: 'pbkdf2';
      readonly digest: Pbkdf2Digest;
      readonly iterations: number;
      readonly salt: Buffer;
      readonly hash: Buffer;
    };

export type Pbkdf2Digest = 'sha1' | 'sha256' | 'sha512';

/** 128 MiB: as many of these as there are processors may be under way. */
export const memoryKibibytesMax = 131_072;
/** Memory times passes: some tenths of a second. */
export const kibibytePassesMax = 524_288;
/** Each step doubles the cost; this one takes some tenths of a second. */
const bcryptCostMax = 13;
/** Cost times block size times parallelism: the most that OWASP names, and some tenths of a second. */
const scryptWorkMax = 2 ** 20;
const scryptParallelismMax = 16;
/** Of one digest's worth of hash: some tenths of a second. OWASP's own 1,300,000 of SHA-1 are among them. */
const pbkdf2IterationsMax = 1_500_000;
export const lanesMax = 16;

/** A shorter one is guessed by chance, and none that is in use is longer. */
const [hashBytesMin, hashBytesMax] = [16, 64];
const [saltBytesMin, saltBytesMax] = [8, 64];

/** Null for what is none of them, or would cost more than a guess may. */
export function readStoredHash(text: string): StoredHash | null {
  if (text.length > textCharactersMax) return null;
  const [, name = ''] = /^\$([a-z0-9-]+)\$/.exec(text) ?? [];
  return readers.get(name)?.(text) ?? null;
}

/** More than the longest of them takes. */
const textCharactersMax = 300;

const readers = new Map<string, (text: string) => StoredHash | null>(
  Object.entries({
    argon2id: readArgon2,
    argon2i: readArgon2,
    argon2d: readArgon2,
    '2a': readBcrypt,
    '2b': readBcrypt,
    '2y': readBcrypt,
    scrypt: readScrypt,
    pbkdf2: readPbkdf2,
    'pbkdf2-sha1': readPbkdf2,
    'pbkdf2-sha256': readPbkdf2,
    'pbkdf2-sha512': readPbkdf2,
  }),
);

export interface Argon2Parameters {
  readonly memoryKibibytes: number;
  readonly passes: number;
  readonly parallelism: number;
}

const argon2Text =
  /^(\$argon2(?:id|i|d))(\$v=(?:16|19))?(\$m=(\d{1,7}),t=(\d{1,6}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+))$/;

function readArgon2(text: string): StoredHash | null {
  const [, name, version = '$v=16', rest, memory, passes, lanes, salt = '', hash = ''] =
    argon2Text.exec(text) ?? [];
  const parameters = {
    memoryKibibytes: Number(memory),
    passes: Number(passes),
    parallelism: Number(lanes),
  };
  if (name === undefined || !isBearable(parameters)) return null;
  if (bytesOf(salt, saltBytesMin, saltBytesMax) === null || bytesOf(hash) === null) return null;
  // Before version 19 it was not written, and what reads it would take it for 19.
  return { kind: 'argon2', text: `${name}${version}${rest}` };
}

/** Of Argon2 (RFC 9106 section 3.1), and not more than a guess may cost. */
export function isBearable({ memoryKibibytes, passes, parallelism }: Argon2Parameters): boolean {
  const isWhole = parallelism >= 1 && passes >= 1 && memoryKibibytes >= 8 * parallelism;
  return (
    isWhole &&
    parallelism <= lanesMax &&
    memoryKibibytes <= memoryKibibytesMax &&
    memoryKibibytes * passes <= kibibytePassesMax
  );
}

function readBcrypt(text: string): StoredHash | null {
  const [, cost] = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(text) ?? [];
  if (cost === undefined) return null;
  return Number(cost) >= 4 && Number(cost) <= bcryptCostMax ? { kind: 'bcrypt', text } : null;
}

function readScrypt(text: string): StoredHash | null {
  const [, log, size, times, saltText = '', hashText = ''] =
    /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(text) ?? [];
  const [cost, blockSize, parallelism] = [2 ** Number(log), Number(size), Number(times)];
  const salt = bytesOf(saltText, saltBytesMin, saltBytesMax);
  const hash = bytesOf(hashText);
  if (salt === null || hash === null) return null;
  const isWhole = cost >= 2 && blockSize >= 1 && parallelism >= 1 && parallelism <= scryptParallelismMax;
  if (!isWhole || cost * blockSize * parallelism > scryptWorkMax) return null;
  return { kind: 'scrypt', cost, blockSize, parallelism, salt, hash };
}

const pbkdf2Text =
  /^\$pbkdf2(?:-(sha1|sha256|sha512))?\$(?:i=)?(\d{1,7})(?:,l=(\d{1,2}))?\$([A-Za-z0-9+/.]+)\$([A-Za-z0-9+/.]+)$/;
const digestBytes: Readonly<Record<Pbkdf2Digest, number>> = { sha1: 20, sha256: 32, sha512: 64 };

/** In both forms that are about: with the iterations alone, and with `i` and `l`; some write a dot for a plus. */
function readPbkdf2(text: string): StoredHash | null {
  const [, name = 'sha1', count, length, saltText = '', hashText = ''] = pbkdf2Text.exec(text) ?? [];
  const digest = name as Pbkdf2Digest;
  const iterations = Number(count);
  const salt = bytesOf(saltText.replaceAll('.', '+'), saltBytesMin, saltBytesMax);
  const hash = bytesOf(hashText.replaceAll('.', '+'));
  if (salt === null || hash === null || (length !== undefined && Number(length) !== hash.length)) return null;
  const blocks = Math.ceil(hash.length / digestBytes[digest]);
  if (iterations < 1 || iterations * blocks > pbkdf2IterationsMax) return null;
  return { kind: 'pbkdf2', digest, iterations, salt, hash };
}

/** Null for what is no base64 as PHC writes it, without padding and in one spelling, or of another length. */
function bytesOf(text: string, least = hashBytesMin, most = hashBytesMax): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  const isOne = bytes.toString('base64').replaceAll('=', '') === text;
  return isOne && bytes.length >= least && bytes.length <= most ? bytes : null;
}
