import { describe, expect, it } from '@jest/globals';

import { mutationsOf } from '#test/campaigns/mutations.js';

/** What becomes of a source, with each of its changes. */
function changed(source: string): string[] {
  return mutationsOf('x.ts', source).map(
    ({ start, end, text }) => source.slice(0, start) + text + source.slice(end),
  );
}

describe('a source is changed', () => {
  it.each<[what: string, source: string, changes: string[]]>([
    ['at the edge of a comparison', 'f(a < b)', ['f(true)', 'f(false)', 'f(a <= b)', 'f(a >= b)']],
    ['by taking a condition for granted', 'a ? b : c', ['true ? b : c', 'false ? b : c']],
    ['by leaving out an operand', 'f(a && b)', ['f(a)', 'f(b)', 'f(a || b)']],
    ['by leaving out what stands in for nothing', 'f(a ?? b)', ['f(a)', 'f(b)']],
    ['by a number one off', 'f(7)', ['f(8)', 'f(6)']],
    ['by an empty text', "f('x')", ["f('')"]],
    ['by the other truth', 'f(true)', ['f(false)']],
    ['by leaving out a negation', 'f(!a)', ['f(a)']],
    ['by leaving out members', 'f({ ...a, b: c })', ['f({})', 'f({ b: c })', 'f({ ...a })']],
    ['by leaving out elements', 'f([a, b])', ['f([])', 'f([ b ])', 'f([ a ])']],
    ['by the opposite of what is called', 'f(a.min(b))', ['f(a.max(b))']],
    ['by not calling', 'f(a.slice(b))', ['f(a)']],
    ['by a body that does nothing', 'function f() { return a; }', ['function f() {}']],
    [
      'by a pattern that takes more or less',
      'f(/^a{2}\\$[b]$/)',
      [
        'f(/a{2}\\$[b]$/)',
        'f(/^a{3}\\$[b]$/)',
        'f(/^a{1}\\$[b]$/)',
        'f(/^a{2}\\$[^b]$/)',
        'f(/^a{2}\\$[b]/)',
      ],
    ],
  ])('%s', (_, source, changes) => {
    expect(changed(source).filter((text) => text.replace(';', '').trim() !== '')).toEqual(changes);
  });

  it('by leaving out a statement', () => {
    expect(changed('a();')).toEqual([';']);
    expect(changed('if (a) throw b;')).toContain('if (a) ;');
    expect(changed('switch (a) { case b: return c; }')).toEqual(['switch (a) { case b: }']);
  });

  it('by answering always the same where the answer is yes or no', () => {
    const source = 'function f(): boolean { return g(); }';
    expect(changed(source)).toContain('function f(): boolean { return true; }');
    expect(changed(source)).toContain('function f(): boolean { return false; }');
    expect(changed('f = a.some((b) => g(b));')).toContain('f = a.some((b) => true);');
  });

  it('not where only the compiler reads it', () => {
    expect(changed("import 'a';\ntype A = 'b' | 7;\ninterface B { c: 'd' }\nlet e: 'f';")).toEqual([]);
  });
});
