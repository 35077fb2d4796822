// Bytes to a JSON value, or a reason why not. `JSON.parse` alone would keep the last of two equal names, so that
// two readers of one body could see different things in it, and would let halves of characters through.

import { isUtf8 } from 'node:buffer';

import type { JsonValue } from '@bufbuild/protobuf';

/** The deepest filter that makes sense nests about ten objects; each level costs stack where messages are read. */
export const jsonDepthMax = 32;

/** Names by which careless code reaches what all objects share. No message of ours has them. */
const namesRefused: ReadonlySet<string> = new Set(['__proto__', 'constructor']);

export type JsonBody =
  | { readonly kind: 'json'; readonly value: JsonValue }
  | { readonly kind: 'refused'; readonly reason: string };

/** No body at all counts as an empty object. */
export function parseJsonBody(bytes: Buffer): JsonBody {
  if (bytes.length === 0) return { kind: 'json', value: {} };
  if (!isUtf8(bytes)) return refused('The body is not UTF-8.');
  const text = bytes.toString('utf8');
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch {
    return refused('The body is not JSON.');
  }
  const reason = objectionTo(text);
  return reason === null ? { kind: 'json', value } : refused(reason);
}

function refused(reason: string): JsonBody {
  return { kind: 'refused', reason };
}

/** Strings, each with its colon if it is a name, and what opens and closes. */
const marks = /("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|[{}[\]]/g;

/** The text is well-formed JSON, so what is neither string nor bracket needs no look. */
function objectionTo(text: string): string | null {
  if (text === '{}') return null;
  // The names seen in each object that is open; null for an array.
  const open: (Set<string> | null)[] = [];
  for (const [mark, string, colon] of text.matchAll(marks)) {
    const reason =
      string === undefined
        ? objectionToBracket(mark, open)
        : objectionToString(string, colon === undefined ? null : (open.at(-1) ?? null));
    if (reason !== null) return reason;
  }
  return null;
}

function objectionToBracket(mark: string, open: (Set<string> | null)[]): string | null {
  if (mark === '}' || mark === ']') {
    open.pop();
    return null;
  }
  open.push(mark === '{' ? new Set() : null);
  return open.length > jsonDepthMax ? `The body is nested deeper than ${jsonDepthMax} levels.` : null;
}

function objectionToString(quoted: string, names: Set<string> | null): string | null {
  if (!isWhole(quoted)) return 'A text in the body has half of a character.';
  if (names === null) return null;
  const name = quoted.includes('\\') ? (JSON.parse(quoted) as string) : quoted.slice(1, -1);
  if (namesRefused.has(name)) return `The body has the name ${name}, which is not allowed.`;
  if (names.has(name)) return 'The body has the same name twice in one object.';
  names.add(name);
  return null;
}

/** Only an escape can make half of a surrogate pair: the bytes were UTF-8. */
function isWhole(quoted: string): boolean {
  return !quoted.includes('\\u') || (JSON.parse(quoted) as string).isWellFormed();
}
