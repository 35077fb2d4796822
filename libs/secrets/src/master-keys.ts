// The master keys, which wrap the data keys. They live in a file outside of what they protect: a line a
// key, `<id> <32 bytes in base64>`; the first seals, all open. No message quotes a line of it.

import { createSecretKey, type KeyObject } from 'node:crypto';

import { aeadKeyBytes } from '#secrets/aead.js';
import { randomBytesFromPool } from '#secrets/random-pool.js';

export interface MasterKey {
  readonly id: string;
  readonly key: KeyObject;
}

export interface MasterKeys {
  /** Wraps whatever is wrapped anew. */
  readonly sealing: MasterKey;
  readonly byId: ReadonlyMap<string, MasterKey>;
}

const keyLine = /^([A-Za-z0-9._-]{1,64}) ([A-Za-z0-9+/]+={0,2})$/;
const keyId = /^[A-Za-z0-9._-]{1,64}$/;

/** The file is not one of master keys. Its message begins with the number of the line. */
export class MasterKeysMalformed extends Error {
  override readonly name = 'MasterKeysMalformed';
}

/** Throws `MasterKeysMalformed`. */
export function parseMasterKeys(text: string): MasterKeys {
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/);
  const keys = lines.map((line, index) => parseLine(line, index + 1));
  const byId = new Map<string, MasterKey>();
  for (const [index, key] of keys.entries()) {
    if (byId.has(key.id))
      throw new MasterKeysMalformed(`line ${index + 1} names a key that an earlier line names`);
    byId.set(key.id, key);
  }
  return { sealing: keys[0] as MasterKey, byId };
}

/** A line for the file, with its line end. It is a secret. */
export function newMasterKeyLine(id: string): string {
  if (!keyId.test(id)) throw new TypeError('the id of a master key is 1 to 64 of A-Z a-z 0-9 . _ -');
  const bytes = randomBytesFromPool(aeadKeyBytes);
  const line = `${id} ${bytes.toString('base64')}\n`;
  bytes.fill(0);
  return line;
}

function parseLine(line: string, number: number): MasterKey {
  const [, id = '', text = ''] = keyLine.exec(line) ?? [];
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== aeadKeyBytes || bytes.toString('base64') !== text)
    throw new MasterKeysMalformed(`line ${number} must be <id> <32 bytes in base64>`);
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return { id, key };
}
