// An event is one thing said in five places: the domain's type, the fold, the catalogue, a golden line and a
// spec. The compiler holds the catalogue to the type; the rest is held here.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';

import { catalogue } from '#event-catalog/catalogue.js';

const libs = join(import.meta.dirname, '..', '..', 'libs');
const types = Object.values(catalogue).flatMap((entries) => Object.keys(entries));

/** The text of every file of a folder whose path ends so. */
function textOf(folder: string, end: string): string {
  return readdirSync(join(libs, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(end))
    .map((path) => readFileSync(join(libs, folder, path), 'utf8'))
    .join('\n');
}

const places: Readonly<Record<string, { readonly text: string; readonly as: readonly string[] }>> = {
  folded: { text: textOf('domain/src', 'state.ts'), as: ["case '*':", "event.type === '*'"] },
  'written in a golden file': { text: textOf('event-catalog/golden', '.jsonl'), as: ['{"type":"*","data":'] },
  'in a spec of the domain, or in a past that its specs share': {
    text: textOf('domain/src', '.spec.ts') + textOf('domain/src/testing', '.ts'),
    as: ["'*'"],
  },
};

const isIn = (text: string, as: readonly string[], type: string): boolean =>
  as.some((form) => text.includes(form.replace('*', type)));

describe('every event of the catalogue is', () => {
  it.each(Object.entries(places))('%s', (_title, { text, as }) => {
    expect(isIn(text, as, 'house.built')).toBe(false);
    expect(types.filter((type) => !isIn(text, as, type))).toEqual([]);
  });
});

describe('the catalogue', () => {
  it('has every event that the domain declares, each once', () => {
    const declared = [...textOf('domain/src', 'events.ts').matchAll(/\btype: '([^']+)'/g)];
    expect(types.toSorted()).toEqual(declared.map(([, type]) => type).toSorted());
  });
});
