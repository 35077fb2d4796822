// What somebody sends in frames of HTTP/2 who means harm (RFC 9113 §4, §6).

import type { Chance } from '#test/faults/chance.js';
import { noise } from '#test/faults/hostile-http.js';

const types = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goAway: 7,
  window: 8,
  continuation: 9,
} as const;
const endStream = 1;
const endHeaders = 4;

interface Frame {
  readonly flags?: number;
  readonly stream?: number;
  readonly payload?: Buffer;
}

function frame(type: number, { flags = 0, stream = 0, payload = Buffer.alloc(0) }: Frame = {}): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

export const preface = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  frame(types.settings),
]);

/** RFC 7541 §6.2.2, without Huffman: a header that is not kept. */
function literal(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0]), text(name), text(value)]);
}

/** RFC 7541 §6.2.1: one that is kept, so that a byte stands for it afterwards. */
function kept(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0x40]), text(name), text(value)]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  return Buffer.concat([integer(bytes.length), bytes]);
}

/** RFC 7541 §5.1 with a prefix of seven bits. */
function integer(value: number): Buffer {
  if (value < 127) return Buffer.from([value]);
  const bytes = [127];
  let rest = value - 127;
  while (rest > 127) {
    bytes.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...bytes, rest]);
}

const call = Buffer.concat([
  Buffer.from([0x83, 0x86]),
  literal(':path', '/zitadel.user.v2.UserService/GetUserByID'),
  literal(':authority', 'x'),
  literal('content-type', 'application/grpc'),
  literal('te', 'trailers'),
]);

const uint32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

const setting = (id: number, value: number) => Buffer.concat([Buffer.from([0, id]), uint32(value)]);

const many = (count: number, one: (at: number) => Buffer) =>
  Buffer.concat(Array.from({ length: count }, (_, at) => one(at)));

type Make = (chance: Chance) => Buffer;

const makers: Readonly<Record<string, Make>> = {
  'rapid reset': (chance) =>
    many(chance.between(50, 2_000), (at) => {
      const stream = 2 * at + 1;
      const opened = frame(types.headers, { flags: endHeaders, stream, payload: call });
      return Buffer.concat([opened, frame(types.reset, { stream, payload: uint32(8) })]);
    }),
  'CONTINUATION flood': (chance) => {
    const payload = literal('x', 'y'.repeat(chance.between(0, 400)));
    const begun = frame(types.headers, { stream: 1, payload: call });
    return Buffer.concat([
      begun,
      many(chance.between(20, 2_000), () => frame(types.continuation, { stream: 1, payload })),
    ]);
  },
  'empty CONTINUATIONs': (chance) =>
    Buffer.concat([
      frame(types.headers, { stream: 1, payload: call }),
      many(chance.between(100, 3_000), () => frame(types.continuation, { stream: 1 })),
    ]),
  'SETTINGS flood': (chance) =>
    many(chance.between(100, 4_000), () =>
      frame(types.settings, { payload: setting(1 + chance.below(6), chance.below(65_536)) }),
    ),
  'PING flood': (chance) =>
    many(chance.between(100, 4_000), () => frame(types.ping, { payload: Buffer.alloc(8) })),
  'PRIORITY flood': (chance) =>
    many(chance.between(100, 2_000), (at) =>
      frame(types.priority, { stream: 2 * at + 1, payload: Buffer.alloc(5, at) }),
    ),
  'windows that overflow': (chance) =>
    Buffer.concat([
      frame(types.headers, { flags: endHeaders, stream: 1, payload: call }),
      many(chance.between(1, 20), () =>
        frame(types.window, { stream: chance.below(2), payload: uint32(0x7fff_ffff) }),
      ),
    ]),
  'windows of nothing': () => frame(types.window, { payload: uint32(0) }),
  'header bomb': (chance) => {
    const large = kept('x-bomb', 'y'.repeat(3_000));
    // 62 is the first that a client had kept.
    const payload = Buffer.concat([call, large, Buffer.alloc(chance.between(100, 12_000), 0x80 | 62)]);
    return frame(types.headers, { flags: endHeaders | endStream, stream: 1, payload });
  },
  'stalled windows': (chance) => {
    const asked = Buffer.from([0, 0, 0, 0, 3, 0x0a, 1, 0x61]);
    return Buffer.concat([
      frame(types.settings, { payload: setting(4, 0) }),
      many(chance.between(1, 100), (at) => {
        const stream = 2 * at + 1;
        const opened = frame(types.headers, { flags: endHeaders, stream, payload: call });
        return Buffer.concat([opened, frame(types.data, { flags: endStream, stream, payload: asked })]);
      }),
    ]);
  },
  'many streams that wait': (chance) =>
    many(chance.between(50, 600), (at) =>
      frame(types.headers, { flags: endHeaders, stream: 2 * at + 1, payload: call }),
    ),
  'empty DATA flood': (chance) =>
    Buffer.concat([
      frame(types.headers, { flags: endHeaders, stream: 1, payload: call }),
      many(chance.between(50, 3_000), () => frame(types.data, { stream: 1 })),
    ]),
  'frames that make no sense': (chance) =>
    many(chance.between(1, 40), () =>
      frame(chance.below(14), {
        flags: chance.below(256),
        stream: chance.pick([0, 1, 2, 3, 0x7fff_ffff, 0xffff_ffff]),
        payload: noise(chance, chance.below(60)),
      }),
    ),
  'frames that lie': (chance) => {
    const head = frame(types.headers, { flags: endHeaders, stream: 1, payload: call });
    head.writeUIntBE(chance.pick([0, 1, 0xff_ffff, 16_385]), 0, 3);
    return head;
  },
  'broken headers': (chance) =>
    frame(types.headers, { flags: endHeaders, stream: 1, payload: noise(chance, chance.between(1, 200)) }),
  'random bytes': (chance) => noise(chance, chance.between(1, 500)),
};

export const frameKinds = Object.keys(makers);

export function frameAttack(kind: string, chance: Chance): Buffer {
  const make = makers[kind];
  if (make === undefined) throw new TypeError(`there is no attack called ${kind}`);
  return Buffer.concat([preface, make(chance)]);
}
