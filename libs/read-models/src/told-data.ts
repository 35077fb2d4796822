// What an event says, as far as anybody is told: what is sealed as "sealed", and what only proves something as "hashed".

import { catalogue, type DomainEvent } from '#event-catalog/catalogue.js';
import type { AnyEntries } from '#event-catalog/entry.js';

type Told = 'sealed' | 'hashed';

/** By type: which fields are not told. */
const untold = new Map<string, ReadonlyMap<string, Told>>(
  Object.values(catalogue).flatMap((kind) => Object.entries(kind as AnyEntries).map(untoldOf)),
);

function untoldOf([type, { fields }]: [string, AnyEntries[string]]) {
  const told = Object.entries(fields).flatMap(([name, { kind }]): [string, Told][] => {
    if (kind.includes('sealed')) return [[name, 'sealed']];
    return /\bhash\b|\b(login|fingerprint) key\b/.test(kind) ? [[name, 'hashed']] : [];
  });
  return [type, new Map(told)] as const;
}

export function toldData({ type, ...fields }: DomainEvent): Readonly<Record<string, unknown>> {
  const hidden = untold.get(type);
  const tell = (name: string, value: unknown) => {
    const as = hidden?.get(name);
    if (as === undefined || value === null) return value;
    return Array.isArray(value) ? value.map(() => as) : as;
  };
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, tell(name, value)]));
}
