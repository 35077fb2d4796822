// Numbers that somebody gave.

import { usageFailure } from '#cli/command-failure.js';

/** A position as the log writes it, or without its leading zeros. */
export function positionOf(name: string, text: string | null): number | null {
  return text === null ? null : wholeNumber(name, text, 0);
}

export function wholeNumber(name: string, text: string, least: number): number {
  if (/^\d{1,16}$/.test(text) && Number(text) >= least && Number.isSafeInteger(Number(text)))
    return Number(text);
  throw usageFailure(`${name} must be a whole number from ${least} on`, `it was ${text}`);
}
