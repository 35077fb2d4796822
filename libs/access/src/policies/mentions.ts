// What a policy looks at, read from its parsed form: what none of them looks at need not be told, and does not tell
// two decisions apart. What is not understood here counts as looked at.

import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs';

export interface Mentions {
  /** Names of attributes, whosever they are. */
  readonly attributes: ReadonlySet<string>;
  /** The circumstances as a whole. */
  readonly everything: boolean;
  /** Who or what is in a role, or of an organization. */
  readonly parents: boolean;
  /** Which user, session or organization it is, and not only what kind of one. */
  readonly ids: boolean;
}

interface Found {
  readonly attributes: Set<string>;
  everything: boolean;
  parents: boolean;
  ids: boolean;
}

export function mentionsIn(policies: readonly PolicyJson[]): Mentions {
  const found: Found = { attributes: new Set(), everything: false, parents: false, ids: false };
  for (const { principal, resource, conditions } of policies) look([principal, resource, conditions], found);
  return found;
}

/** There is nobody of these but those that are named. */
const kindsWithoutIds: ReadonlySet<unknown> = new Set(['Action', 'Credential', 'Kind', 'Role']);

function look(node: unknown, found: Found): void {
  if (Array.isArray(node)) {
    for (const each of node) look(each, found);
    return;
  }
  if (typeof node !== 'object' || node === null) return;
  if ('in' in node || ('op' in node && node.op === 'in')) found.parents = true;
  if ('type' in node && 'id' in node && !kindsWithoutIds.has(node.type)) found.ids = true;
  for (const [name, value] of Object.entries(node)) lookAt(name, value, found);
}

function lookAt(name: string, value: unknown, found: Found): void {
  const left = name === 'Var' ? null : accessedIn(name, value, found);
  if (name === 'Var') lookAtWhole(value, found);
  else if (left === null) look(value, found);
  else if (variableOf(left) === null) look(left, found);
}

/** Not by an attribute: compared, or put into something. */
function lookAtWhole(variable: unknown, found: Found): void {
  if (variable === 'context') found.everything = true;
  else if (variable !== 'action') found.ids = true;
}

/** What it is an attribute of, where it is one, or what the kind of is asked for; else null. */
function accessedIn(name: string, value: unknown, found: Found): unknown {
  if (typeof value !== 'object' || value === null || !('left' in value)) return null;
  if (name === 'is') return 'in' in value ? null : value.left;
  if ((name !== '.' && name !== 'has') || !('attr' in value)) return null;
  for (const attribute of [value.attr].flat()) found.attributes.add(String(attribute));
  return value.left;
}

const variableOf = (node: unknown): unknown =>
  typeof node === 'object' && node !== null && 'Var' in node ? node.Var : null;
