// Changes that no spec notices, each with the reason: mostly that whatever is asked, the answer is the
// same. Where it is not, the reason begins with that.

export interface ArguedSurvivor {
  readonly file: string;
  /** As it stands there; one space for any white space. */
  readonly line: string;
  /** Changed, in each of these ways. */
  readonly becomes: readonly string[];
  readonly because: string;
}

export const arguedSurvivors: readonly ArguedSurvivor[] = [
  {
    file: 'libs/domain/src/access-token/decide.ts',
    line: 'accessTokens.find((token) => token.tokenId === tokenId);',
    becomes: ['accessTokens.findLast((token) => token.tokenId === tokenId);'],
    because: 'No two tokens of a user have one id: a new one with an id that is taken is a bug.',
  },
  {
    file: 'libs/domain/src/attempts/state.ts',
    line: 'const after = times.findLastIndex((time) => time <= at) + 1;',
    becomes: ['const after = times.findLastIndex((time) => time < at) + 1;'],
    because: 'Among times that are the same, each place is as good.',
  },
  {
    file: 'libs/domain/src/attempts/state.ts',
    line: 'return times.toSpliced(after, 0, ...Array<Instant>(count).fill(at)).slice(-wrongTotpKeptMax);',
    becomes: [
      'return times.toSpliced(after, (-1), ...Array<Instant>(count).fill(at)).slice(-wrongTotpKeptMax);',
    ],
    because: 'A negative number of elements to take out is none (ECMAScript, Array.prototype.toSpliced).',
  },
  {
    file: 'libs/domain/src/organization/members.ts',
    line: 'members.find((member) => member.userId === userId)?.roles ?? null;',
    becomes: ['members.findLast((member) => member.userId === userId)?.roles ?? null;'],
    because: 'A member is left out before being put in, and so is there once.',
  },
  {
    file: 'libs/domain/src/recovery-codes/decide.ts',
    line: "return { kind: 'target', hash: codes.find((code) => code.selector === selector)?.hash ?? null };",
    becomes: [
      "return { kind: 'target', hash: codes.findLast((code) => code.selector === selector)?.hash ?? null };",
    ],
    because: 'No two codes of a set have one selector: such a set is taken for a bug.',
  },
  {
    file: 'libs/domain/src/totp/decide.ts',
    line: 'const comparison = comparisons.find((made) => made.totpId === totpId);',
    becomes: ['const comparison = comparisons.findLast((made) => made.totpId === totpId);'],
    because: 'There are as many comparisons as devices: with two for one device, one for another is missing.',
  },
  {
    file: 'libs/domain/src/totp/decide.ts',
    line: 'const device = [...account.totp.devices, pending].find((one) => one?.totpId === totpId);',
    becomes: ['const device = [...account.totp.devices, pending].findLast((one) => one?.totpId === totpId);'],
    because: 'No two devices have one id, nor has a pending one the id of an enrolled one.',
  },
  {
    file: 'libs/domain/src/totp/state.ts',
    line: 'const index = state.devices.findIndex((device) => device.totpId === totpId);',
    becomes: ['const index = state.devices.findLastIndex((device) => device.totpId === totpId);'],
    because:
      'No two devices have one id: a registration or an import with an id that is enrolled is refused.',
  },
  {
    file: 'libs/secrets/src/access-tokens.ts',
    line: '[20, 32],',
    becomes: ['[20, 33],'],
    because: 'There are 32 digits.',
  },
  {
    file: 'libs/secrets/src/access-tokens.ts',
    line: '[20, 32],',
    becomes: ['[ 20 ],'],
    because: 'To the end, which is place 32.',
  },
  {
    file: 'libs/secrets/src/access-tokens.ts',
    line: 'const bytesMin = 2 + bytesBesideUser;',
    becomes: ['const bytesMin = 1 + bytesBesideUser;'],
    because:
      'With one byte for the user, that byte says how many follow, and none is refused where it is read.',
  },
  {
    file: 'libs/secrets/src/base32.ts',
    line: 'bits &= 31;',
    becomes: [';'],
    because: 'The bits above those that are left are masked away, and are never more than are shifted out.',
  },
  {
    file: 'libs/secrets/src/base32.ts',
    line: "const bare = text.replace(/={1,6}$/, '');",
    becomes: ["const bare = text.replace(/={1,7}$/, '');"],
    because: 'Seven would stand after one character, which no bytes have: it is refused as such.',
  },
  {
    file: 'libs/secrets/src/base32.ts',
    line: "const bare = text.replace(/={1,6}$/, '');",
    becomes: ["const bare = text.replace(/={0,6}$/, '');"],
    because: 'Taking away nothing is no change.',
  },
  {
    file: 'libs/secrets/src/base32.ts',
    line: 'for (bitCount += 8; bitCount >= 5; bitCount -= 5) text += alphabet[(bits >>> (bitCount - 5)) & 31];',
    becomes: [
      'for (bitCount += 8; bitCount > 5; bitCount -= 5) text += alphabet[(bits >>> (bitCount - 5)) & 31];',
      'for (bitCount += 8; bitCount >= 6; bitCount -= 5) text += alphabet[(bits >>> (bitCount - 5)) & 31];',
    ],
    because: 'Five bits that are left wait for the next byte, or are the last character without a shift.',
  },
  {
    file: 'libs/secrets/src/base32.ts',
    line: 'let bits = 0;',
    becomes: ['let bits = 1;', 'let bits = (-1);'],
    because: 'The bits above those of the bytes are masked away.',
  },
  {
    file: 'libs/secrets/src/base32.ts',
    line: 'return bitCount === 0 ? text : text + alphabet[(bits << (5 - bitCount)) & 31];',
    becomes: ['return bitCount === 0 ? text : text + alphabet[(bits << (5 - bitCount)) & 30];'],
    because: 'At most four bits are left, so that the lowest of the five is zero.',
  },
  {
    file: 'libs/secrets/src/data-keys.ts',
    line: '#erasures = 0;',
    becomes: ['#erasures = 1;', '#erasures = (-1);'],
    because: 'A number that only has to be another one than before.',
  },
  {
    file: 'libs/secrets/src/data-keys.ts',
    line: 'const entriesMaxDefault = 200_000;',
    becomes: ['const entriesMaxDefault = 200001;', 'const entriesMaxDefault = 199999;'],
    because:
      'Not the same: a bound of memory, and a spec would have to take up that memory to meet it. The bound itself is specified with smaller ones.',
  },
  {
    file: 'libs/secrets/src/data-keys.ts',
    line: 'this.#erasures += 1;',
    becomes: ['this.#erasures -= 1;', 'this.#erasures += 2;'],
    because: 'A number that only has to be another one than before.',
  },
  {
    file: 'libs/secrets/src/hotp.ts',
    line: 'const offset = Number.parseInt(digest.slice(-1), 16) * 2;',
    becomes: ['const offset = Number.parseInt(digest.slice(-1), 17) * 2;'],
    because: 'One hexadecimal digit is the same number to base 17.',
  },
  {
    file: 'libs/secrets/src/hotp.ts',
    line: 'for (let at = 0; at < key.length; at += 1) {',
    becomes: ['for (let at = 0; at <= key.length; at += 1) {'],
    because:
      'The place after the key is written once more with its padding, or is where the counter or the digest goes later.',
  },
  {
    file: 'libs/secrets/src/hotp.ts',
    line: 'for (let at = 0; at < key.length; at += 1) {',
    becomes: ['for (let at = (-1); at < key.length; at += 1) {'],
    because: 'Writing to place -1 of a buffer does nothing (ECMAScript, TypedArraySetElement).',
  },
  {
    file: 'libs/secrets/src/hotp.ts',
    line: 'inner.fill(innerPad, 0, blockBytes);',
    becomes: ['inner.fill(innerPad, 1, blockBytes);'],
    because: 'A key has 16 bytes or more, and they overwrite the first places.',
  },
  {
    file: 'libs/secrets/src/hotp.ts',
    line: 'outer.fill(outerPad, 0, blockBytes);',
    becomes: ['outer.fill(outerPad, 1, blockBytes);'],
    because: 'A key has 16 bytes or more, and they overwrite the first places.',
  },
  {
    file: 'libs/secrets/src/ids.ts',
    line: 'const byteAt = (bytes: Uint8Array, index: number) => bytes[index] ?? 0;',
    becomes: [
      'const byteAt = (bytes: Uint8Array, index: number) => bytes[index] ?? 1;',
      'const byteAt = (bytes: Uint8Array, index: number) => bytes[index] ?? (-1);',
    ],
    because: 'As many bytes as are asked for are there; what stands in for none satisfies the compiler.',
  },
  {
    file: 'libs/secrets/src/ids.ts',
    line: "const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));",
    becomes: ["const hex = Array.from({ length: 257 }, (_, byte) => byte.toString(16).padStart(2, '0'));"],
    because: 'Only places up to 255 are asked for.',
  },
  {
    file: 'libs/secrets/src/ids.ts',
    line: 'const high = (millisecond - low) / 0x1_0000_0000;',
    becomes: ['const high = (millisecond - low) / 4294967295;'],
    because: 'The quotient is greater by less than one, and its fraction is dropped by the shift.',
  },
  {
    file: 'libs/secrets/src/ids.ts',
    line: 'let counter = 0;',
    becomes: ['let counter = 1;', 'let counter = (-1);'],
    because: 'The first id is made after 1970, and sets it.',
  },
  {
    file: 'libs/secrets/src/ids.ts',
    line: 'let millisecond = 0;',
    becomes: ['let millisecond = (-1);'],
    because: 'The first id is made after 1970, and sets it.',
  },
  {
    file: 'libs/secrets/src/qr.ts',
    line: "color: { dark: '#000000ff', light: '#ffffffff' },",
    becomes: [
      'color: {},',
      "color: { light: '#ffffffff' },",
      "color: { dark: '#000000ff' },",
      "color: { dark: '#000000ff', light: '' },",
      "color: { dark: '', light: '#ffffffff' },",
    ],
    because:
      'What is left out is what qrcode 1.5 does by itself: said outright, so that it stays when the package changes.',
  },
  {
    file: 'libs/secrets/src/qr.ts',
    line: "const inBytes = (uri: string): QRCodeSegment[] => [{ data: Buffer.from(uri), mode: 'byte' }];",
    becomes: ['const inBytes = (uri: string): QRCodeSegment[] => [{ data: Buffer.from(uri) }];'],
    because:
      'What is left out is what qrcode 1.5 does by itself: said outright, so that it stays when the package changes.',
  },
  {
    file: 'libs/secrets/src/qr.ts',
    line: "const look = { errorCorrectionLevel: 'M', color: { dark: '#000000ff', light: '#ffffffff' }, } as const;",
    becomes: [
      'const look = {} as const;',
      "const look = { errorCorrectionLevel: 'M' } as const;",
      "const look = { color: { dark: '#000000ff', light: '#ffffffff' } } as const;",
    ],
    because:
      'What is left out is what qrcode 1.5 does by itself: said outright, so that it stays when the package changes.',
  },
  {
    file: 'libs/secrets/src/qr.ts',
    line: "return toBuffer(inBytes(uri), { ...look, type: 'png' });",
    becomes: [
      "return toBuffer(inBytes(uri), { type: 'png' });",
      'return toBuffer(inBytes(uri), {});',
      'return toBuffer(inBytes(uri), { ...look });',
    ],
    because:
      'What is left out is what qrcode 1.5 does by itself: said outright, so that it stays when the package changes.',
  },
  {
    file: 'libs/secrets/src/qr.ts',
    line: "return toText(inBytes(uri), { ...look, type: 'svg' });",
    becomes: ["return toText(inBytes(uri), { type: 'svg' });"],
    because:
      'What is left out is what qrcode 1.5 does by itself: said outright, so that it stays when the package changes.',
  },
  {
    file: 'libs/secrets/src/random-pool.ts',
    line: 'if (used + length > poolBytes) {',
    becomes: ['if (true) {'],
    because:
      'Not the same: each portion costs a call of the operating system. It is as random, and figures show what it costs.',
  },
  {
    file: 'libs/secrets/src/random-pool.ts',
    line: 'if (used + length > poolBytes) {',
    becomes: ['if (used + length >= poolBytes) {'],
    because: 'The last portion of a pool comes from the next one, and is as random.',
  },
  {
    file: 'libs/secrets/src/totp.ts',
    line: 'const [code] = hotpCodes({ key, ...parameters }, stepAt(at, parameters), 1);',
    becomes: ['const [code] = hotpCodes({ key, ...parameters }, stepAt(at, parameters), 2);'],
    because: 'Only the first is taken.',
  },
  {
    file: 'libs/secrets/src/in-memory-key-store.ts',
    line: '.sort((left, right) => (left.subject < right.subject ? -1 : 1))',
    becomes: ['.sort((left, right) => (left.subject <= right.subject ? -1 : 1))'],
    because: 'No two keys have one subject.',
  },
  {
    file: 'libs/secrets/src/in-memory-key-store.ts',
    line: '.sort((left, right) => (left.subject < right.subject ? -1 : 1))',
    becomes: [
      '.sort((left, right) => (left.subject < right.subject ? -2 : 1))',
      '.sort((left, right) => (left.subject < right.subject ? -1 : 2))',
    ],
    because: 'Only the sign of a comparison counts.',
  },
  {
    file: 'libs/secrets/src/in-memory-key-store.ts',
    line: '.sort((left, right) => (left.subject < right.subject ? -1 : 1))',
    becomes: ['.sort((left, right) => (left.subject < right.subject ? -1 : 0))'],
    because: 'V8 asks only which of two comes first; the contract holds the order on every engine.',
  },
  {
    file: 'libs/secrets/src/master-keys.ts',
    line: 'const keyLine = /^([A-Za-z0-9._-]{1,64}) ([A-Za-z0-9+/]+={0,2})$/;',
    becomes: [
      'const keyLine = /^([A-Za-z0-9._-]{1,64}) ([A-Za-z0-9+/]+={1,2})$/;',
      'const keyLine = /^([A-Za-z0-9._-]{1,64}) ([A-Za-z0-9+/]+={0,3})$/;',
      'const keyLine = /^([A-Za-z0-9._-]{1,64}) ([A-Za-z0-9+/]+={0,1})$/;',
    ],
    because:
      '32 bytes end with one sign of equality, and what is not written as they are is refused afterwards.',
  },
  {
    file: 'libs/secrets/src/master-keys.ts',
    line: "const [, id = '', text = ''] = keyLine.exec(line) ?? [];",
    becomes: [
      "const [, id = 'mutated', text = ''] = keyLine.exec(line) ?? [];",
      "const [, id = '', text = 'mutated'] = keyLine.exec(line) ?? [];",
      "const [, id = '', text = ''] = keyLine.exec(line) ?? ['mutated'];",
    ],
    because: 'What is not 32 bytes is refused, whatever it is.',
  },
  {
    file: 'libs/secrets/src/rotate.ts',
    line: 'broken ??= outcomes.find((outcome) => outcome instanceof KeyBroken) ?? null;',
    becomes: ['broken ??= outcomes.findLast((outcome) => outcome instanceof KeyBroken) ?? null;'],
    because: 'Which of several keys it was is told by no error.',
  },
  {
    file: 'libs/domain/src/user-metadata/decide.ts',
    line: 'return metadata.find((entry) => entry.keyHash === keyHash) ?? null;',
    becomes: ['return metadata.findLast((entry) => entry.keyHash === keyHash) ?? null;'],
    because: 'No two entries of a user have one key: what is set again takes the place of what was there.',
  },
  {
    file: 'libs/domain/src/user-metadata/state.ts',
    line: 'const index = state.findIndex((entry) => entry.keyHash === keyHash);',
    becomes: ['const index = state.findLastIndex((entry) => entry.keyHash === keyHash);'],
    because: 'No two entries of a user have one key: what is set again takes the place of what was there.',
  },
  {
    file: 'libs/domain/src/user/decide-change.ts',
    line: "const refused = decisions.find(({ outcome }) => outcome.kind === 'rejected');",
    becomes: ["const refused = decisions.findLast(({ outcome }) => outcome.kind === 'rejected');"],
    because:
      'Whoever is not there, or is no such user, is that for each of the changes: all refusals are one.',
  },
];
