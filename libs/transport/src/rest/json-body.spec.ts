import { describe, expect, it } from '@jest/globals';

import { jsonDepthMax, parseJsonBody } from '#transport/rest/json-body.js';

const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
const mixed = (levels: number): string => '{"a":['.repeat(levels / 2) + ']}'.repeat(levels / 2);

describe('the JSON of a body', () => {
  it.each([
    ['nothing', '', {}],
    ['an empty object', '{}', {}],
    ['white space around', ' \n{ "a" : 1 }\t', { a: 1 }],
    ['a name again in another object', '{"a":{"b":1},"c":{"b":[{"b":2}]},"b":3}', undefined],
    ['a name as a value', '{"a":"b","b":"a"}', undefined],
    ['names among values of arrays', '{"a":["x","x",{"x":1}],"x":2}', undefined],
    ['braces, quotes and backslashes in a text', '{"a":"{\\"b\\":[,:}]\\\\","b":"\\\\"}', undefined],
    ['a refused name as a value', '{"a":"__proto__","b":["constructor"]}', undefined],
    ['a whole surrogate pair', '{"a":"\\ud83d\\ude00"}', { a: '😀' }],
    ['a character of four bytes', '{"😀":"é"}', { '😀': 'é' }],
    ['the deepest array', nested(jsonDepthMax), undefined],
    ['the deepest mixture', mixed(jsonDepthMax), undefined],
    ['no object at all', '"text"', 'text'],
  ])('%s is read', (_, text, value) => {
    expect(parseJsonBody(Buffer.from(text))).toEqual({ kind: 'json', value: value ?? JSON.parse(text) });
  });

  it.each([
    ['half an object', '{"a":', 'not JSON'],
    ['two values', '{}{}', 'not JSON'],
    ['single quotes', "{'a':1}", 'not JSON'],
    ['a mark of the byte order', '\ufeff{}', 'not JSON'],
    ['white space alone', '  ', 'not JSON'],
    ['one array too deep', nested(jsonDepthMax + 1), 'deeper than 32'],
    ['one object too deep', mixed(jsonDepthMax + 2), 'deeper than 32'],
    ['the same name twice', '{"a":1,"a":1}', 'twice'],
    ['the same name twice, once escaped', '{"a":1,"\\u0061":1}', 'twice'],
    ['the same name twice, further down', '{"x":[{"a":1,"b":[],"a":{}}]}', 'twice'],
    ['a name behind a nested object', '{"a":{"b":1},"a":2}', 'twice'],
    ['a prototype', '{"__proto__":{"isAdmin":true}}', '__proto__'],
    ['an escaped prototype', '{"a":[{"\\u005f_proto__":1}]}', '__proto__'],
    ['a constructor', '{"constructor":{"prototype":1}}', 'constructor'],
    ['half of a pair in a value', '{"a":"\\ud83d"}', 'half of a character'],
    ['half of a pair in a list', '["\\\\\\ude00"]', 'half of a character'],
    ['half of a pair in a name', '{"\\udead":1}', 'half of a character'],
  ])('%s is refused with a reason', (_, text, reason) => {
    expect(parseJsonBody(Buffer.from(text))).toEqual({
      kind: 'refused',
      reason: expect.stringContaining(reason),
    });
  });

  it('bytes that are no text are refused with a reason', () => {
    expect(parseJsonBody(Buffer.from([0x22, 0xff, 0x22]))).toMatchObject({ kind: 'refused' });
  });

  it('a body as large as may be, nested to no end, is refused and not fallen over', () => {
    expect(parseJsonBody(Buffer.from(nested(32 * 1024)))).toMatchObject({ kind: 'refused' });
    expect(parseJsonBody(Buffer.from('['.repeat(64 * 1024)))).toMatchObject({ kind: 'refused' });
  });

  it('reading changes nothing that all objects share', () => {
    parseJsonBody(Buffer.from('{"__proto__":{"isAdmin":true}}'));
    expect(Object.hasOwn(Object.prototype, 'isAdmin')).toBe(false);
  });
});
