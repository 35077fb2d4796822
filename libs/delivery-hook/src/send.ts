// One attempt at a delivery: a connection of its own to the address that was checked, one request, and as much of the
// answer as says whether it was taken.

import { Agent as PlainAgent, request as plainRequest, type RequestOptions } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';

import {
  type Address,
  destinationOf,
  type Hook,
  hostOf,
  type Resolve,
  resolveByDns,
} from '#delivery-hook/destination.js';
import { type HookSecrets, signed } from '#delivery-hook/signature.js';

export interface Delivery {
  /** Of the event: the same at each attempt. */
  readonly id: string;
  readonly body: string;
}

export type Failure =
  | 'name-not-resolved'
  | 'address-refused'
  | 'not-connected'
  | 'certificate-refused'
  | 'too-slow'
  | 'status';

export type Sent =
  | { readonly status: 'delivered' }
  /** `code` of the answer, where there was one. */
  | { readonly status: 'failed'; readonly reason: Failure; readonly code?: number };

export interface SenderOptions {
  readonly hook: Hook;
  readonly secrets: HookSecrets;
  readonly userAgent: string;
  readonly clock: () => number;
  readonly resolve?: Resolve;
  /** Beside those that Node trusts. */
  readonly authority?: string;
  readonly withinMs?: number;
}

/** From the look at the name to the last byte of the answer. */
const withinDefaultMs = 10_000;
/** Only its status counts; so much is read that a connection can end in order. */
export const answerBytesMax = 4 * 1024;
const answerHeaderBytesMax = 8 * 1024;

export class Sender {
  readonly #options: SenderOptions;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Never rejects. `until` cuts it off, as slowness does. */
  async send(delivery: Delivery, until: AbortSignal): Promise<Sent> {
    const { hook, resolve = resolveByDns, withinMs = withinDefaultMs } = this.#options;
    const timer = new AbortController();
    const late = setTimeout(() => timer.abort(), withinMs);
    const signal = AbortSignal.any([timer.signal, until]);
    try {
      const destination = await unlessAborted(destinationOf(hook, resolve), signal);
      if (destination === 'aborted') return { status: 'failed', reason: 'too-slow' };
      if (destination.status === 'failed') return destination;
      return await this.#request(destination, delivery, signal);
    } finally {
      clearTimeout(late);
    }
  }

  #request(to: Address, { id, body }: Delivery, signal: AbortSignal): Promise<Sent> {
    const { hook, secrets, clock, userAgent, authority } = this.#options;
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'user-agent': userAgent,
      'countersign-delivery': id,
      ...signed(body, secrets, clock()),
    };
    const common = { method: 'POST', headers, signal, maxHeaderSize: answerHeaderBytesMax, ...pinnedTo(to) };
    return new Promise((settle) => {
      const request =
        hook.url.protocol === 'https:'
          ? tlsRequest(hook.url, { ...common, ...verified(hook.url, authority) })
          : plainRequest(hook.url, { ...common, agent: new PlainAgent({ keepAlive: false }) });
      request.on('error', (error) => settle({ status: 'failed', reason: reasonOf(error, signal) }));
      request.on('response', (answer) => {
        let read = 0;
        const end = () => settle(sentBy(answer.statusCode ?? 0));
        answer.on('data', (part: Buffer) => {
          read += part.length;
          // What was taken is told by the status, whatever else there is to read.
          if (read > answerBytesMax) request.destroy();
        });
        // Cut off or too slow after its head, it has said it all the same.
        answer.on('error', end);
        answer.on('close', end);
      });
      request.end(body);
    });
  }
}

/** An address that is written in the URL is connected to without a look; any other by this one. */
function pinnedTo({ address, family }: Address): Pick<RequestOptions, 'lookup'> {
  const lookup: LookupFunction = (_, { all }, found) =>
    all === true ? found(null, [{ address, family }]) : found(null, address, family);
  return { lookup };
}

/** An agent for each request: none is reused, and none goes by a proxy of the environment. */
function verified(url: URL, authority: string | undefined) {
  const host = hostOf(url);
  return {
    agent: new TlsAgent({ keepAlive: false }),
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2' as const,
    ...(isIP(host) === 0 && { servername: host }),
    ...(authority !== undefined && { ca: authority }),
  };
}

/** Redirects are not followed: another address was not checked. */
function sentBy(code: number): Sent {
  return code >= 200 && code < 300 ? { status: 'delivered' } : { status: 'failed', reason: 'status', code };
}

const ofCertificates = /^(CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH)/;

function reasonOf(error: Error, { aborted }: AbortSignal): Failure {
  if (aborted) return 'too-slow';
  const { code = '' } = error as NodeJS.ErrnoException;
  return ofCertificates.test(code) ? 'certificate-refused' : 'not-connected';
}

function unlessAborted<Value>(answer: Promise<Value>, signal: AbortSignal): Promise<Value | 'aborted'> {
  return new Promise((settle, reject) => {
    const abort = () => settle('aborted');
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    answer.then(settle, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
