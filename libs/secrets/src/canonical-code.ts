// One reading of what people type. Every comparison and every count of spent codes comes after it: a code
// that could be written in two ways could be used twice.

/** The longest code has 19 characters. People paste more than the code, but not pages. */
const typedCharactersMax = 64;

/** Spaces and dashes of every script, what Japanese keyboards give for a dash, and what is invisible. */
const ornament = /[\p{White_Space}\p{Dash}\u30fc\p{Default_Ignorable_Code_Point}]/gu;

export const selectorCharacters = 2;
export const recoveryCodeCharacters = 16;

/** Text, since leading zeros count; null when anything but ASCII digits is left. */
export function canonicalDigits(text: string): string | null {
  const bare = withoutOrnaments(text);
  return bare !== null && /^[0-9]+$/.test(bare) ? bare : null;
}

export function canonicalRecoveryCode(text: string): { selector: string; rest: string } | null {
  const code = canonicalCrockford(text, recoveryCodeCharacters);
  if (code === null) return null;
  return { selector: code.slice(0, selectorCharacters), rest: code.slice(selectorCharacters) };
}

/** Letters that are read for digits count as those digits. */
export function canonicalCrockford(text: string, length: number): string | null {
  const bare = withoutOrnaments(text);
  // ASCII first: some letters of other scripts have an ASCII letter as their upper case.
  if (bare === null || bare.length !== length || !/^[0-9A-Za-z]*$/.test(bare)) return null;
  const code = bare.toUpperCase().replaceAll('O', '0').replaceAll(/[IL]/g, '1');
  return code.includes('U') ? null : code;
}

function withoutOrnaments(text: string): string | null {
  return text.length > typedCharactersMax ? null : text.normalize('NFKC').replaceAll(ornament, '');
}
