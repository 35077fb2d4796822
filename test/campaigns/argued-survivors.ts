// Changes that no spec notices, each with the reason why none can: whatever is asked, the answer is the same.

export interface ArguedSurvivor {
  readonly file: string;
  /** As it stands there, and changed; one space for any white space. */
  readonly line: string;
  readonly becomes: string;
  readonly because: string;
}

export const arguedSurvivors: readonly ArguedSurvivor[] = [
  {
    file: 'libs/domain/src/attempts/state.ts',
    line: 'const after = times.findLastIndex((time) => time <= at) + 1;',
    becomes: 'const after = times.findLastIndex((time) => time < at) + 1;',
    because: 'Among times that are the same, each place is as good.',
  },
  {
    file: 'libs/domain/src/attempts/state.ts',
    line: 'return times.toSpliced(after, 0, ...Array<Instant>(count).fill(at)).slice(-wrongTotpKeptMax);',
    becomes:
      'return times.toSpliced(after, (-1), ...Array<Instant>(count).fill(at)).slice(-wrongTotpKeptMax);',
    because: 'A negative number of elements to take out is none (ECMAScript, Array.prototype.toSpliced).',
  },
  {
    file: 'libs/domain/src/totp/state.ts',
    line: 'const index = state.devices.findIndex((device) => device.totpId === totpId);',
    becomes: 'const index = state.devices.findLastIndex((device) => device.totpId === totpId);',
    because:
      'No two devices have one id: a registration or an import with an id that is enrolled is refused.',
  },
  {
    file: 'libs/domain/src/totp/decide.ts',
    line: 'const device = [...account.totp.devices, pending].find((one) => one?.totpId === totpId);',
    becomes: 'const device = [...account.totp.devices, pending].findLast((one) => one?.totpId === totpId);',
    because: 'No two devices have one id, nor has a pending one the id of an enrolled one.',
  },
  {
    file: 'libs/domain/src/totp/decide.ts',
    line: 'const comparison = comparisons.find((made) => made.totpId === totpId);',
    becomes: 'const comparison = comparisons.findLast((made) => made.totpId === totpId);',
    because: 'There are as many comparisons as devices: with two for one device, one for another is missing.',
  },
  {
    file: 'libs/domain/src/recovery-codes/decide.ts',
    line: "return { kind: 'target', hash: codes.find((code) => code.selector === selector)?.hash ?? null };",
    becomes:
      "return { kind: 'target', hash: codes.findLast((code) => code.selector === selector)?.hash ?? null };",
    because: 'No two codes of a set have one selector: such a set is taken for a bug.',
  },
  {
    file: 'libs/domain/src/access-token/decide.ts',
    line: 'accessTokens.find((token) => token.tokenId === tokenId);',
    becomes: 'accessTokens.findLast((token) => token.tokenId === tokenId);',
    because: 'No two tokens of a user have one id: a new one with an id that is taken is a bug.',
  },
  {
    file: 'libs/domain/src/organization/members.ts',
    line: 'members.find((member) => member.userId === userId)?.roles ?? null;',
    becomes: 'members.findLast((member) => member.userId === userId)?.roles ?? null;',
    because: 'A member is left out before being put in, and so is there once.',
  },
];
