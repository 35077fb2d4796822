import { describe, expect, it } from '@jest/globals';

import { Blocklist } from '#secrets/blocklist.js';

const read = (text: string) => Blocklist.read(Buffer.from(text));

describe('a blocklist', () => {
  it('has what stands on its lines, however it is written, and nothing else', () => {
    const list = read('password\n\nCorrect Horse\r\nGr\u00f6\u00dfe\n letmein \nlast');
    const listed = ['password', 'PassWord', 'correct horse', 'Gro\u0308\u00dfe', ' letmein ', 'last'];
    expect(listed.filter((one) => !list?.has(one))).toEqual([]);
    const others = ['', 'passwor', 'password ', 'letmein', 'horse', 'Correct Horse\r', '\n'];
    expect(others.filter((one) => list?.has(one))).toEqual([]);
    expect(list?.size).toBe(5);
  });

  it('finds each of many, the first and the last of them, too', () => {
    const lines = Array.from({ length: 10_000 }, (_, index) => `password ${index}`);
    const list = read(lines.join('\n'));
    expect(lines.filter((line) => !list?.has(line))).toEqual([]);
    expect(lines.filter((line) => list?.has(`${line}.`))).toEqual([]);
  });

  it('with nothing in it has nothing', () => {
    expect([read('')?.has(''), read('\n\n')?.has('x')]).toEqual([false, false]);
  });

  it('is UTF-8', () => {
    expect(Blocklist.read(Buffer.from([0x70, 0xe4, 0x0a]))).toBeNull();
  });
});
