// A code of which its sender does not say what it is a code of: apps show a few digits, and recovery codes are longer.

/** An app shows six or eight; a recovery code has sixteen characters. */
const appCharactersMax = 10;

export interface Proof {
  readonly code?: string;
  readonly recoveryCode?: string;
}

export function proofIn(text: string | undefined): Proof {
  if (text === undefined) return {};
  const characters = text.match(/[\p{L}\p{N}]/gu)?.length ?? 0;
  return characters > appCharactersMax ? { recoveryCode: text } : { code: text };
}
