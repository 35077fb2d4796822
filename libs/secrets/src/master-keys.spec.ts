import { describe, expect, it } from '@jest/globals';

import { MasterKeysMalformed, newMasterKeyLine, parseMasterKeys } from '#secrets/master-keys.js';
import { keepingWhatIsWiped } from '#secrets/testing/wiped.js';

const key = Buffer.alloc(32, 7).toString('base64');
const other = Buffer.alloc(32, 8).toString('base64');

function refusalOf(text: string): string {
  try {
    parseMasterKeys(text);
  } catch (error) {
    expect(error).toBeInstanceOf(MasterKeysMalformed);
    expect(error).toHaveProperty('name', 'MasterKeysMalformed');
    expect(error).not.toHaveProperty('cause');
    return (error as Error).message;
  }
  return 'it was taken';
}

describe('a file of master keys', () => {
  it.each([`a ${key}`, `a ${key}\n`, `a ${key}\r\n`])('may be %j', (text) => {
    const { sealing, byId } = parseMasterKeys(text);
    expect([...byId.keys()]).toEqual(['a']);
    expect(sealing.key.export().toString('base64')).toBe(key);
  });

  it('seals by its first line and opens by each of them', () => {
    const { sealing, byId } = parseMasterKeys(`b-2 ${key}\r\nA._ ${other}\r\n`);
    expect(sealing.id).toBe('b-2');
    expect(byId.get('b-2')).toBe(sealing);
    expect([...byId].map(([id, master]) => [id, master.id, master.key.export().toString('base64')])).toEqual([
      ['b-2', 'b-2', key],
      ['A._', 'A._', other],
    ]);
  });

  it.each([
    ['', 1],
    ['\n', 1],
    [`${key}\n`, 1],
    [`a ${key}\n\nb ${key}\n`, 2],
    [`a ${key}\nb ${Buffer.alloc(31).toString('base64')}\n`, 2],
    [`a ${key}\nb ${Buffer.alloc(33).toString('base64')}\n`, 2],
    [`a ${key.replace('=', '')}\n`, 1],
    [`a ${Buffer.alloc(32, 0xff).toString('base64url')}\n`, 1],
    [`a ${key.replace(/.=$/, 'd=')}\n`, 1],
    [`a  ${key}\n`, 1],
    [`a ${key} # mine\n`, 1],
    [`ä ${key}\n`, 1],
    [` ${key}\n`, 1],
    [`a.${'b'.repeat(63)} ${key}\n`, 1],
  ])('%j is refused by its line %i, which is not quoted', (text, line) => {
    expect(refusalOf(text)).toBe(`line ${line} must be <id> <32 bytes in base64>`);
  });

  it.each(['a', 'a'.repeat(64)])('may name a key %s, and a new line for it is one', (id) => {
    expect([...parseMasterKeys(`${id} ${key}`).byId.keys()]).toEqual([id]);
    expect([...parseMasterKeys(newMasterKeyLine(id)).byId.keys()]).toEqual([id]);
  });

  it('leaves no bytes of a key behind, neither written nor read', () => {
    const zeros = '00'.repeat(32);
    const made = keepingWhatIsWiped(() => newMasterKeyLine('a'));
    const bytes = Buffer.from(made.answer.slice(2), 'base64').toString('hex');
    // In the pool of random bytes, and in the portion that was taken from it.
    expect(made.wiped.filter(({ held }) => held === bytes).map(({ left }) => left)).toEqual([zeros, zeros]);
    const read = keepingWhatIsWiped(() => parseMasterKeys(made.answer));
    expect(read.wiped).toEqual([{ held: bytes, left: zeros }]);
  });

  it('names each key once', () => {
    expect(refusalOf(`a ${key}\nb ${other}\na ${other}\n`)).toBe(
      'line 3 names a key that an earlier line names',
    );
  });
});

describe('a new master key', () => {
  it('is a line of the file, and different each time', () => {
    const text = newMasterKeyLine('k1') + newMasterKeyLine('k2');
    const { sealing, byId } = parseMasterKeys(text);
    expect(sealing.id).toBe('k1');
    expect(new Set([...byId.values()].map((master) => master.key.export().toString('hex'))).size).toBe(2);
  });

  it.each(['', 'a b', 'ä', 'a\n', 'a'.repeat(65)])('has no id such as %j', (id) => {
    expect(() => newMasterKeyLine(id)).toThrow(
      new TypeError('the id of a master key is 1 to 64 of A-Z a-z 0-9 . _ -'),
    );
  });
});
