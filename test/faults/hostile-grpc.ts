// What somebody sends as a gRPC call who means harm: the HTTP/2 around it is sound.

import { gzipSync } from 'node:zlib';

import type { Chance } from '#test/faults/chance.js';
import { type Attacker, addressFor, bomb, noise } from '#test/faults/hostile-http.js';
import type { ServedMethod } from '#transport/call.js';

export interface GrpcAttack {
  readonly kind: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer;
  /** Leaves in the middle, as callers may. */
  readonly leaves: boolean;
}

export interface GrpcAims {
  readonly chance: Chance;
  readonly attacker: Attacker;
  readonly methods: readonly ServedMethod[];
}

interface Parts {
  readonly headers?: GrpcAttack['headers'];
  readonly body?: Buffer;
  readonly leaves?: boolean;
}

type Make = (aims: GrpcAims) => Parts;

const makers: Readonly<Record<string, Make>> = {
  'random bytes': ({ chance }) => ({ body: framed(noise(chance, chance.between(0, 600))) }),
  'deep messages': ({ chance }) => ({
    headers: { ':path': '/zitadel.user.v2.UserService/ListUsers' },
    body: framed(nested(chance.between(10, 8_000))),
  }),
  'wrong wire types': ({ chance, attacker }) => {
    const tags = Array.from({ length: chance.between(1, 40) }, () => {
      const wire = chance.below(8);
      return Buffer.concat([
        Buffer.from([((1 + chance.below(15)) << 3) | wire]),
        noise(chance, chance.below(9)),
      ]);
    });
    return { body: framed(Buffer.concat([textField(1, attacker.userId), ...tags])) };
  },
  'unknown fields': ({ chance, attacker }) => {
    const unknown = Array.from({ length: chance.between(1, 4_000) }, (_, at) =>
      Buffer.concat([varint((1_000 + at) * 8), varint(chance.below(2 ** 31))]),
    );
    return { body: framed(Buffer.concat([textField(1, attacker.userId), ...unknown])) };
  },
  'lengths that lie inside': ({ chance }) => ({
    body: framed(
      Buffer.concat([
        Buffer.from([0x0a]),
        chance.pick([
          varint(2 ** 31 - 1),
          Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f]),
          Buffer.alloc(11, 0xff),
          varint(100),
        ]),
        noise(chance, chance.below(60)),
      ]),
    ),
  }),
  'lengths that lie around': ({ chance }) => {
    const head = Buffer.alloc(5);
    head.writeUInt32BE(chance.pick([0, 1, 2 ** 16, 2 ** 31, 2 ** 32 - 1]), 1);
    return { body: Buffer.concat([head, noise(chance, chance.below(100))]) };
  },
  'too large': ({ chance }) => ({ body: framed(Buffer.alloc(chance.between(65_537, 300_000), 10)) }),
  'two messages': ({ attacker }) => {
    const one = framed(textField(1, attacker.userId));
    return { body: Buffer.concat([one, one]) };
  },
  'flags and encodings': ({ chance }) => ({
    headers: { 'grpc-encoding': chance.pick(['gzip', 'deflate', 'snappy', 'identity', '', 'gzip,gzip']) },
    body: framed(noise(chance, 50), chance.pick([0, 1, 2, 255])),
  }),
  'compression bomb': ({ chance }) => ({
    headers: { 'grpc-encoding': 'gzip' },
    body: framed(chance.pick([bomb, smallBomb, gzipSync(bomb)]), 1),
  }),
  'metadata bomb': ({ chance }) => ({
    headers: chance.pick<GrpcAttack['headers']>([
      Object.fromEntries(Array.from({ length: chance.between(50, 400) }, (_, at) => [`x-${at}`, 'y'])),
      { 'x-large': 'y'.repeat(chance.between(9_000, 15_000)) },
      { 'x-bin': '!!!!', 'grpc-trace-bin': '*' },
      { 'x-forwarded-for': ['10.0.0.1', '10.0.0.2'], traceparent: 'x'.repeat(900) },
      { 'x-request-id': 'a'.repeat(3_000) },
      { 'idempotency-key': 'k'.repeat(2_000) },
      { 'x-zitadel-orgid': '\u00ff\u00fe' },
    ]),
  }),
  timeouts: ({ chance }) => ({
    headers: {
      'grpc-timeout': chance.pick(['0n', '-1S', '1', 'S', '999999999H', '99999999H', '1x', '1u', '']),
    },
  }),
  'paths and types': ({ chance, methods }) => ({
    headers: {
      ':path': chance.pick([
        '/',
        '/zitadel.user.v2.UserService/',
        '/zitadel.user.v2.UserService/NoSuch',
        '/__proto__/constructor',
        `/${'a'.repeat(5_000)}/b`,
        pathOf(chance.pick(methods)),
        '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
        '/grpc.health.v1.Health/Check',
      ]),
      'content-type': chance.pick([
        'application/grpc',
        'application/grpc+json',
        'text/html',
        'application/grpcx',
        '',
      ]),
      ':method': chance.pick(['POST', 'GET', 'PUT', 'OPTIONS']),
    },
    body: framed(noise(chance, chance.below(20))),
  }),
  'no body': () => ({ body: Buffer.alloc(0) }),
  'half a frame': ({ chance }) => ({ body: framed(noise(chance, 30)).subarray(0, chance.below(34)) }),
  leaving: ({ chance }) => ({ body: framed(noise(chance, 10)), leaves: true }),
};

export const grpcKinds = Object.keys(makers);

export function grpcAttack(kind: string, aims: GrpcAims): GrpcAttack {
  const make = makers[kind];
  if (make === undefined) throw new TypeError(`there is no attack called ${kind}`);
  const { chance, attacker, methods } = aims;
  const { headers = {}, body = framed(textField(1, attacker.userId)), leaves = false } = make(aims);
  const token = chance.below(4) === 0 ? 'cs_wrong' : attacker.token;
  const usual = {
    ':method': 'POST',
    ':path': pathOf(chance.pick(methods)),
    'content-type': 'application/grpc+proto',
    te: 'trailers',
    authorization: `Bearer ${token}`,
    'x-forwarded-for': addressFor(chance),
  };
  return { kind, headers: { ...usual, ...headers }, body, leaves };
}

const pathOf = ({ parent, name }: ServedMethod) => `/${parent.typeName}/${name}`;

const smallBomb = gzipSync(Buffer.alloc(1024 * 1024));

export function framed(message: Buffer, flag = 0): Buffer {
  const head = Buffer.alloc(5);
  head[0] = flag;
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...bytes, rest]);
}

const bytesField = (number: number, bytes: Buffer) =>
  Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);

const textField = (number: number, text: string) => bytesField(number, Buffer.from(text));

/** A query that holds a query that holds a query. */
function nested(depth: number): Buffer {
  let inner: Buffer = Buffer.alloc(0);
  for (let at = 0; at < depth && inner.length < 60_000; at += 1) inner = bytesField(1, bytesField(11, inner));
  return bytesField(3, inner);
}
