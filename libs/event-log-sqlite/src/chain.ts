// The hash chain: each row carries the link before it and its own, which covers the link before it and
// everything it says. So one row proves itself, and two neighbours prove that nothing is between them.

import { hash } from 'node:crypto';

export interface ChainedRow {
  readonly position: number;
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  readonly data: string;
  readonly metadata: string;
  /** The link of the row before this one. */
  readonly before: string;
}

/** 144 bits, as 24 characters: far beyond what damage could hit by chance. */
const linkCharacters = 24;

/** Newlines part the fields: none of them can hold one, since JSON text escapes it and names refuse it. */
export function linkOf(row: ChainedRow): string {
  const text = `${row.before}\n${row.position}\n${row.stream}\n${row.revision}\n${row.id}\n${row.type}\n${row.metadata}\n${row.data}`;
  return hash('sha256', text, 'base64url').slice(0, linkCharacters);
}

/** What the first row of a log is chained to, so that a row of another log never fits. */
export function firstLink(identity: string): string {
  return hash('sha256', `countersign event log ${identity}`, 'base64url').slice(0, linkCharacters);
}
