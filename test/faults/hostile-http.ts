// What somebody sends over HTTP/1.1 who means harm, byte by byte.

import { gzipSync } from 'node:zlib';

import type { DescField, DescMessage } from '@bufbuild/protobuf';

import type { Chance } from '#test/faults/chance.js';
import type { RestBinding } from '#transport/rest/bindings.js';

export interface Attacker {
  readonly token: string;
  readonly userId: string;
}

export interface HttpAttack {
  readonly kind: string;
  readonly bytes: Buffer;
  /** Sound HTTP around whatever is in it: it may not just be cut off. */
  readonly isSound: boolean;
}

export interface HttpAims {
  readonly chance: Chance;
  readonly attacker: Attacker;
  readonly routes: readonly RestBinding[];
}

/** A thousand to one, and far over every limit when it is unpacked. */
export const bomb = gzipSync(Buffer.alloc(16 * 1024 * 1024));

type Make = (aims: HttpAims) => Buffer;

const makers: Readonly<Record<string, Make>> = {
  'nested JSON': (aims) => {
    const depth = aims.chance.between(20, 30_000);
    const [open, close] = aims.chance.pick([
      ['[', ']'],
      ['{"a":', '}'],
      ['{"queries":[{"andQuery":', '}]}'],
    ] as const);
    return json(aims, `${open.repeat(depth)}${aims.chance.below(2) === 0 ? `1${close.repeat(depth)}` : ''}`);
  },
  'many keys': (aims) => {
    const keys = Array.from({ length: 10_000 }, (_, at) => `"${at.toString(36)}":0`);
    return json(aims, `{${keys.slice(0, aims.chance.pick([500, 5_000, 10_000])).join()}}`);
  },
  'huge numbers': (aims) => {
    const number = aims.chance.pick([
      '1e999',
      '-0',
      '9'.repeat(400),
      '0.1e-999',
      '1e',
      '0x10',
      'NaN',
      '1'.repeat(60_000),
    ]);
    return json(aims, `{"${fieldOf(aims)}":${number},"query":{"limit":${number},"offset":"${number}"}}`);
  },
  'keys of prototypes': (aims) => {
    const key = aims.chance.pick(['__proto__', 'constructor', 'prototype', 'toString', '\\u005f_proto__']);
    return json(aims, `{"${key}":{"isAdmin":true,"${key}":{}},"${fieldOf(aims)}":{"${key}":1}}`);
  },
  'duplicate keys': (aims) => json(aims, `{"userId":"a","user_id":"b","userId":${aims.chance.below(9)}}`),
  'broken text': (aims) =>
    json(
      aims,
      aims.chance.pick<string | Buffer>([
        '{"username":"\\ud800"}',
        '{"username":"\\u0000\\u0007"}',
        Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
        Buffer.from([0xef, 0xbb, 0xbf, 0x7b, 0x7d]),
        Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x22, 0xc0, 0x80, 0x22, 0x7d]),
        '{"username":"\\x"}',
        '{"a":1}{"b":2}',
        '\u2028{}',
      ]),
    ),
  'wrong types': (aims) => {
    const { route } = target(aims);
    return json(aims, JSON.stringify(wrongly(route.method.input, aims.chance, 0)), route);
  },
  'random bytes as JSON': (aims) => json(aims, noise(aims.chance, aims.chance.between(1, 400))),
  paths: (aims) => {
    const path = aims.chance.pick([
      '/v2/users/../../../etc/passwd',
      '/v2/users/%2e%2e%2f%2e%2e%2fsecret',
      '/v2/users/%00',
      '/v2/users/%',
      '/v2/users/%zz/totp',
      '/v2//users//x',
      `/v2/users/${'a'.repeat(aims.chance.between(150, 9_000))}/totp`,
      '/v2/users/x;y=z/totp',
      '/v2/users/%ED%A0%80/totp',
      'http://example.com/v2/users/x',
      '/v2/users/x?%5B__proto__%5D=1&a[b][c]=1',
      `/v2/settings/login?${'ctx.orgId=a&'.repeat(700)}`,
      `/v2/settings/login?${'ctx.'.repeat(2_000)}orgId=a`,
      '*',
      '/docs/../v2/users/x',
      '/\\v2\\users',
    ]);
    return request(aims, { verb: aims.chance.pick(['GET', 'POST', 'DELETE', 'PATCH']), path });
  },
  verbs: (aims) =>
    request(aims, {
      verb: aims.chance.pick([
        'TRACE',
        'CONNECT',
        'OPTIONS',
        'PURGE',
        'PROPFIND',
        'get',
        'G\0T',
        'HEAD',
        'QUERY',
      ]),
    }),
  'two lengths': (aims) => {
    const extra = aims.chance.pick([
      'content-length: 4\r\ncontent-length: 7\r\n',
      'content-length: 4\r\ntransfer-encoding: chunked\r\n',
      'transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n',
      'transfer-encoding: xchunked\r\n',
      'transfer-encoding : chunked\r\n',
      'content-length: -1\r\n',
      'content-length: 1e3\r\n',
      'content-length: 99999999999999999999\r\n',
      'content-length: 4, 4\r\n',
      'transfer-encoding:\tchunked\r\ncontent-length: 30\r\n',
    ]);
    const smuggled = 'GET /v2/users/x HTTP/1.1\r\nhost: x\r\n\r\n';
    return request(aims, { extra, raw: `0\r\n\r\n${smuggled}` });
  },
  'bad chunks': (aims) => {
    const raw = aims.chance.pick([
      'zz\r\nabc\r\n0\r\n\r\n',
      'ffffffffffffffff\r\nabc',
      '5\r\nabc\r\n0\r\n\r\n',
      '3\r\nabcdef\r\n0\r\n\r\n',
      '-1\r\nabc\r\n',
      `1;${'a'.repeat(aims.chance.between(10, 20_000))}\r\na\r\n0\r\n\r\n`,
      `1\r\na\r\n0\r\n${'trailer: x\r\n'.repeat(2_000)}\r\n`,
      '1\na\n0\n\n',
      '1\r\n{\r\n'.repeat(3_000),
    ]);
    return request(aims, { extra: 'transfer-encoding: chunked\r\n', raw });
  },
  'many headers': (aims) => {
    const extra = aims.chance.pick([
      'x: y\r\n'.repeat(aims.chance.between(90, 3_000)),
      `x: ${'y'.repeat(aims.chance.between(8_000, 40_000))}\r\n`,
      `${'x'.repeat(20_000)}: y\r\n`,
      'x: a\0b\r\n',
      'x: a\r\n folded\r\n',
      'no colon\r\n',
      ': no name\r\n',
      'x: \xff\xfe\r\n',
      `x-request-id: ${'\u0001'}\r\n`,
      `traceparent: ${'0'.repeat(2_000)}\r\nidempotency-key: ${'k'.repeat(300)}\r\n`,
      'authorization: Bearer a\r\nauthorization: Bearer b\r\n',
      'x-zitadel-orgid: ../..\r\n',
      `cookie: ${'a=b; '.repeat(1_500)}\r\n`,
      'host: y\r\nhost: z\r\n',
    ]);
    return request(aims, { extra, raw: '' });
  },
  'lying lengths': (aims) => {
    const [told, raw] = aims.chance.pick([
      [10_000_000_000, '{'],
      [70_000, '{'],
      [65_537, `{"username":"${'a'.repeat(65_522)}"}`],
      [1, '{"a":1}'],
      [50, '{}'],
      [0, '{"a":1}'],
    ] as const);
    return request(aims, { extra: `content-length: ${told}\r\n`, raw });
  },
  'too much in chunks': (aims) =>
    request(aims, {
      extra: 'transfer-encoding: chunked\r\n',
      raw: `${'1000\r\n'.concat('a'.repeat(4096), '\r\n').repeat(aims.chance.between(17, 40))}0\r\n\r\n`,
    }),
  'compression bomb': (aims) => {
    const path = aims.chance.below(2) === 0 ? undefined : `/${callOf(aims)}`;
    const type = aims.chance.pick(['application/json', 'application/proto', 'application/grpc-web+proto']);
    const encoding = aims.chance.pick(['gzip', 'deflate', 'br', 'gzip, gzip']);
    const extra = `content-encoding: ${encoding}\r\nconnect-protocol-version: 1\r\ncontent-length: ${bomb.length}\r\n`;
    return request(aims, { ...(path === undefined ? {} : { path }), type, extra, raw: bomb });
  },
  'calls of browsers': (aims) => {
    const type = aims.chance.pick([
      'application/grpc-web+proto',
      'application/grpc-web-text',
      'application/grpc-web',
      'application/proto',
      'application/json',
      'application/connect+json',
      'application/grpc',
      'application/grpc+proto',
    ]);
    const raw = aims.chance.pick<Buffer>([
      noise(aims.chance, aims.chance.between(0, 300)),
      Buffer.concat([Buffer.from([0, 0xff, 0xff, 0xff, 0xff]), noise(aims.chance, 40)]),
      Buffer.concat([Buffer.from([1, 0, 0, 0, 4]), noise(aims.chance, 4)]),
      Buffer.from('AAAAAAA*=='),
      Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
      Buffer.from('{'.repeat(aims.chance.between(1, 20_000))),
      Buffer.alloc(70_000, 10),
    ]);
    const extra = `content-length: ${raw.length}\r\ngrpc-timeout: ${aims.chance.pick(['1S', '-1S', '99999999999H', 'x'])}\r\n`;
    return request(aims, { path: `/${callOf(aims)}`, type, extra, raw });
  },
  'changes of the protocol': (aims) =>
    request(aims, {
      verb: 'GET',
      extra: aims.chance.pick([
        'connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n',
        'connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: x\r\n',
        'expect: 100-continue\r\ncontent-length: 2\r\n',
        'expect: something\r\n',
      ]),
      raw: '',
    }),
  'no HTTP at all': ({ chance }) =>
    chance.pick([
      noise(chance, chance.between(1, 2_000)),
      Buffer.from('PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n'),
      Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'.slice(0, chance.between(1, 23))),
      Buffer.from('GET / HTTP/9.9\r\n\r\n'),
      Buffer.from('\r\n'.repeat(500)),
      Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]),
      Buffer.from('GET /v2/users/x HTTP/1.1\nhost: x\n\n'),
    ]),
  'one after the other': (aims) =>
    Buffer.concat(
      Array.from({ length: aims.chance.between(2, 30) }, () => json(aims, '{"userId":1}', undefined, true)),
    ),
};

const soundKinds: ReadonlySet<string> = new Set([
  'nested JSON',
  'many keys',
  'huge numbers',
  'keys of prototypes',
  'duplicate keys',
  'broken text',
  'wrong types',
  'random bytes as JSON',
  'calls of browsers',
  'compression bomb',
]);

/** What is refused for its size is cut off, and the answer may be lost on its way. */
const soundBytesMax = 60_000;

export const httpKinds = Object.keys(makers);

export function httpAttack(kind: string, aims: HttpAims): HttpAttack {
  const make = makers[kind];
  if (make === undefined) throw new TypeError(`there is no attack called ${kind}`);
  const bytes = make(aims);
  return { kind, bytes, isSound: soundKinds.has(kind) && bytes.length < soundBytesMax };
}

interface Parts {
  readonly verb?: string;
  readonly path?: string;
  readonly type?: string;
  /** Headers, each with its line's end. */
  readonly extra?: string;
  readonly raw?: string | Buffer;
  readonly isKept?: boolean;
}

function json(aims: HttpAims, text: string | Buffer, route?: RestBinding, isKept = false): Buffer {
  const raw = Buffer.from(text as string);
  const at = target(aims, route);
  return request(aims, { ...at, raw, extra: `content-length: ${raw.length}\r\n`, isKept });
}

function request(aims: HttpAims, parts: Parts): Buffer {
  const at = target(aims);
  const { verb = at.verb, path = at.path, type = 'application/json', extra = '', raw = '' } = parts;
  const { chance, attacker } = aims;
  const authorization = chance.pick([
    `authorization: Bearer ${attacker.token}\r\n`,
    `authorization: Bearer ${attacker.token}\r\n`,
    `authorization: Bearer ${attacker.token}\r\n`,
    'authorization: Bearer cs_wrong\r\n',
    '',
  ]);
  const head = [
    `${verb} ${path} HTTP/1.1\r\nhost: x\r\n${parts.isKept === true ? '' : 'connection: close\r\n'}`,
    `content-type: ${type}\r\n${authorization}x-forwarded-for: ${addressFor(chance)}\r\n${extra}\r\n`,
  ];
  return Buffer.concat([Buffer.from(head.join(''), 'latin1'), Buffer.from(raw as string)]);
}

export const addressFor = (chance: Chance) =>
  `10.${chance.below(200)}.${chance.below(256)}.${chance.below(256)}`;

/** Of itself, which it may do something to, or of somebody who is not there. */
function target({ chance, attacker, routes }: HttpAims, given?: RestBinding) {
  const route = given ?? chance.pick(routes);
  const userId = chance.below(3) === 0 ? attacker.userId : 'f3b0c442-98fc-4c14-9afb-f4c8996fb924';
  const path = route.template.path.replaceAll(/\{[^}]+\}/g, userId);
  return { route, verb: route.verb as string, path };
}

const callOf = ({ chance, routes }: HttpAims) => {
  const { method } = chance.pick(routes);
  return `${method.parent.typeName}/${method.name}`;
};

const fieldOf = (aims: HttpAims) => {
  const { fields } = target(aims).route.method.input;
  return fields.length === 0 ? 'nothing' : aims.chance.pick(fields).jsonName;
};

export const noise = (chance: Chance, length: number) =>
  Buffer.from(Array.from({ length }, () => chance.below(256)));

/** A value of another type than the field has, for each field. */
function wrongly(message: DescMessage, chance: Chance, depth: number): Record<string, unknown> {
  const entries = message.fields.map((field) => [field.jsonName, wrongFor(field, chance, depth)] as const);
  return Object.fromEntries(entries.filter(() => chance.below(3) > 0));
}

function wrongFor(field: DescField, chance: Chance, depth: number): unknown {
  if (field.message !== undefined && depth < 6 && chance.below(2) === 0) {
    const inner = wrongly(field.message, chance, depth + 1);
    return field.fieldKind === 'list' ? [inner, inner] : inner;
  }
  return chance.pick<unknown>([
    null,
    true,
    -1,
    2 ** 53,
    1.5,
    '',
    'a'.repeat(300),
    '2024-99-99T00:00:00Z',
    '-99999999999999s',
    'NO_SUCH_VALUE',
    [],
    [[]],
    [null],
    {},
    { '@type': 'type.googleapis.com/x' },
    '\u0000',
    '!!!not base64!!!',
  ]);
}
