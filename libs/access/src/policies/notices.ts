// What policies say to callers when they decide: their `@notice`, with their `@code` for programs to read.

import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs';

export interface PolicyNotice {
  readonly notice: string;
  /** Null where the policy has none. */
  readonly code: string | null;
}

/** A sentence or two: it comes back with answers, in a header too. */
const noticeCharactersMax = 200;
const codeCharactersMax = 50;

/** What all that permit have to say, and they may be many, has to fit into a header. */
export const noticesMax = 8;

/** Where nothing forbids, and nothing permits. */
export const notPermitted: PolicyNotice = {
  notice: 'No policy of the organization permits this.',
  code: 'NOT_PERMITTED',
};

/** What is wrong is for those who set policies, and not for callers. */
export const policyFailed: PolicyNotice = {
  notice: 'A policy of the organization could not be evaluated.',
  code: 'POLICY_FAILED',
};

export function noticeOf({ annotations }: PolicyJson): PolicyNotice | null {
  const { notice, code } = annotations ?? {};
  return notice ? { notice, code: code ?? null } : null;
}

const isShown = /^\P{Cc}+$/u;
const isCode = /^[A-Za-z0-9_.-]+$/;

export function annotationDefects({ annotations }: PolicyJson): readonly string[] {
  const { notice, code } = annotations ?? {};
  return [
    ...(notice === undefined || isTextOf(notice, isShown, noticeCharactersMax)
      ? []
      : [`@notice must be 1 to ${noticeCharactersMax} characters, none of them a control character`]),
    ...(code === undefined || isTextOf(code, isCode, codeCharactersMax)
      ? []
      : [`@code must be 1 to ${codeCharactersMax} letters, digits, dots, hyphens and underscores`]),
    ...(code !== undefined && notice === undefined ? ['@code comes with a @notice, and there is none'] : []),
  ];
}

/** An annotation without a value is null. */
const isTextOf = (text: string | null, pattern: RegExp, maximum: number): boolean =>
  text !== null && text.length <= maximum && pattern.test(text) && text.isWellFormed();
