import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:net';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { Resolve } from '#delivery-hook/destination.js';
import { answerBytesMax, Sender, type SenderOptions, type Sent } from '#delivery-hook/send.js';
import { hookSecret } from '#delivery-hook/signature.js';
import { never, Receiver } from '#delivery-hook/testing/receiver.js';
import { authority, outsider } from '#transport/testing/certificates.js';

const secrets = ['a secret of thirty-two characters', 'another one of so many characters'];
const now = Date.UTC(2030, 0, 1, 12, 0, 0, 900);
const delivery = { id: '0198f3a2-0000-7000-8000-0000000000e1', body: '{"type":"factor.added"}' };
const goesOn = new AbortController().signal;

let receiver: Receiver;
let resolved: string[];
beforeEach(async () => {
  receiver = await Receiver.start({ tls: true });
  resolved = [];
});
afterEach(() => receiver.close());

const leadingTo =
  (...addresses: readonly string[]): Resolve =>
  async (name) => {
    resolved.push(name);
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  };

interface Sending extends Partial<SenderOptions> {
  readonly url?: URL;
  readonly allowed?: readonly string[];
}

function send({
  url = receiver.urlAt('localhost'),
  allowed = ['localhost'],
  ...rest
}: Sending = {}): Promise<Sent> {
  return new Sender({
    hook: { url, allowedHosts: new Set(allowed) },
    secrets: secrets.map(hookSecret),
    userAgent: 'countersign/test',
    clock: () => now,
    resolve: leadingTo('127.0.0.1'),
    authority,
    ...rest,
  }).send(delivery, goesOn);
}

describe('a delivery', () => {
  it('is one request with the id of its event, its time, and a signature over both time and body', async () => {
    expect(await send({ url: receiver.urlAt('localhost', '/hook?for=us') })).toEqual({ status: 'delivered' });
    expect(receiver.received).toHaveLength(1);
    const [{ path, headers, body } = { path: '', headers: {}, body: '' }] = receiver.received;
    expect(path).toBe('/hook?for=us');
    expect(body).toBe(delivery.body);
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': 'countersign/test',
      'countersign-delivery': delivery.id,
      'countersign-timestamp': '1893499200',
    });
    const expected = secrets.map((secret) =>
      createHmac('sha256', secret).update(`1893499200.${body}`).digest('hex'),
    );
    expect(headers['countersign-signature']).toBe(`v1=${expected[0]},v1=${expected[1]}`);
  });

  it('looks its name up each time, and connects to the address that was checked', async () => {
    await send({ url: receiver.urlAt('hook.example.com'), allowed: ['hook.example.com'] });
    expect(receiver.received).toEqual([]);
    await send();
    await send();
    expect(resolved).toEqual(['hook.example.com', 'localhost', 'localhost']);
    expect(receiver.received).toHaveLength(2);
  });

  it.each([200, 201, 299])('is taken by an answer of %i', async (status) => {
    receiver.answering = (_, answer) => answer.writeHead(status).end('taken');
    expect(await send()).toEqual({ status: 'delivered' });
  });

  it.each([300, 304, 400, 410, 500, 599])('is not taken by an answer of %i', async (status) => {
    receiver.answering = (_, answer) => answer.writeHead(status).end();
    expect(await send()).toEqual({ status: 'failed', reason: 'status', code: status });
  });

  it.each([301, 302, 303, 307, 308])('follows no redirect by %i', async (status) => {
    receiver.answering = ({ path }, answer) => {
      if (path === '/hook') answer.writeHead(status, { location: '/elsewhere' }).end();
      else answer.writeHead(200).end();
    };
    expect(await send()).toEqual({ status: 'failed', reason: 'status', code: status });
    expect(receiver.received.map(({ path }) => path)).toEqual(['/hook']);
  });
});

describe('an address that is not public', () => {
  it.each([
    ['by name', ['127.0.0.1']],
    ['by name, among public ones', ['93.184.216.34', '10.0.0.1']],
    ['by name, of IPv6', ['::1']],
    ['by name, mapped', ['::ffff:127.0.0.1']],
    ['by name, the metadata of a cloud', ['169.254.169.254']],
  ])('is refused %s, and nothing is sent', async (_, addresses) => {
    expect(await send({ allowed: [], resolve: leadingTo(...addresses) })).toEqual({
      status: 'failed',
      reason: 'address-refused',
    });
    expect(receiver.received).toEqual([]);
  });

  it.each(['127.0.0.1', '[::1]', '0x7f.1', '2130706433', '[::ffff:7f00:1]'])(
    'is refused as it stands in the URL: %s',
    async (host) => {
      expect(await send({ url: receiver.urlAt(host), allowed: [] })).toEqual({
        status: 'failed',
        reason: 'address-refused',
      });
      expect(receiver.received).toEqual([]);
    },
  );

  it('may be spoken to where its host is allowed by name or by address, and no other', async () => {
    const allowed = ['127.0.0.1', 'hook.internal'];
    expect(await send({ allowed })).toEqual({ status: 'failed', reason: 'address-refused' });
    expect(await send({ url: receiver.urlAt('127.0.0.1'), allowed })).toEqual({ status: 'delivered' });
  });
});

describe('the clear', () => {
  it('is refused, except to a host that is allowed', async () => {
    const plain = await Receiver.start();
    try {
      const url = plain.urlAt('hook.example.com');
      const resolve = leadingTo('93.184.216.34');
      expect(await send({ url, resolve, allowed: [] })).toEqual({
        status: 'failed',
        reason: 'address-refused',
      });
      expect(await send({ url, allowed: ['hook.example.com'] })).toEqual({ status: 'delivered' });
    } finally {
      await plain.close();
    }
  });
});

describe('a certificate', () => {
  it('is refused that nobody trusts', async () => {
    expect(await send({ authority: outsider.cert })).toEqual({
      status: 'failed',
      reason: 'certificate-refused',
    });
    expect(receiver.received).toEqual([]);
  });

  it('is refused that is of another name, though the address is the same', async () => {
    const host = 'hook.example.com';
    expect(await send({ url: receiver.urlAt(host), allowed: [host] })).toEqual({
      status: 'failed',
      reason: 'certificate-refused',
    });
  });
});

describe('a receiver', () => {
  it('that never answers is waited for so long and no longer', async () => {
    receiver.answering = never;
    expect(await send({ withinMs: 100 })).toEqual({ status: 'failed', reason: 'too-slow' });
  });

  it('whose name is not to be had in time is told as too slow', async () => {
    expect(await send({ resolve: () => new Promise(() => undefined), withinMs: 50 })).toEqual({
      status: 'failed',
      reason: 'too-slow',
    });
  });

  it('whose name leads nowhere is told so', async () => {
    const failing = () => Promise.reject(new Error('ENOTFOUND'));
    const expected = { status: 'failed', reason: 'name-not-resolved' };
    expect(await send({ resolve: failing })).toEqual(expected);
    expect(await send({ resolve: leadingTo() })).toEqual(expected);
  });

  it('that nobody listens for is told so', async () => {
    const url = receiver.urlAt('localhost');
    await receiver.close();
    expect(await send({ url })).toEqual({ status: 'failed', reason: 'not-connected' });
    receiver = await Receiver.start({ tls: true });
  });

  it('that answers without an end is read to the limit, and taken at its word', async () => {
    let written = 0;
    receiver.answering = (_, answer) => {
      answer.writeHead(200);
      const more = () => {
        while (answer.write('x'.repeat(1_024))) written += 1_024;
      };
      answer.on('drain', more);
      more();
    };
    expect(await send({ withinMs: 5_000 })).toEqual({ status: 'delivered' });
    const untilGone = 64 * 1_024 * 1_024;
    expect(written).toBeGreaterThan(answerBytesMax);
    expect(written).toBeLessThan(untilGone);
  });

  it('whose head has no end is not read to it', async () => {
    const server: Server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\n');
        for (let line = 0; line < 100; line += 1) socket.write(`x-${line}: ${'x'.repeat(1_000)}\r\n`);
      });
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const { port } = server.address() as { port: number };
    try {
      const url = new URL(`http://localhost:${port}/`);
      expect(await send({ url })).toEqual({ status: 'failed', reason: 'not-connected' });
    } finally {
      server.close();
    }
  });
});
