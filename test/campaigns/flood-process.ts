// Wrong passwords at a steady rate from a process of its own, until it is told to end: each as somebody or as nobody,
// by chance. Prints how they were refused, and how many of those were told how long to wait.

import { readFileSync } from 'node:fs';
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2';
import { setTimeout as delay } from 'node:timers/promises';

import { SessionService } from '#contract/zitadel/session/v2/session_service_pb.js';
import { bytesOf, pathOf } from '#test/bench/call-figures.js';
import { Chance } from '#test/faults/chance.js';

export interface Flood {
  readonly port: number;
  readonly token: string;
  readonly perSecond: number;
  readonly seed: number;
  /** Whose passwords are guessed, besides those of nobody: from this one of the users up to that one. */
  readonly users: readonly [from: number, to: number];
}

export interface Flooded {
  readonly perSecond: number;
  /** By the id that a refusal ends with. */
  readonly refused: Readonly<Record<string, Refused>>;
}

interface Refused {
  count: number;
  withWait: number;
}

/** Of a hundred calls each: more than ever wait to be hashed. */
const connections = 16;

const { port, token, perSecond, seed, users } = JSON.parse(readFileSync(0, 'utf8')) as Flood;
const chance = new Chance(seed);
const create = SessionService.method.createSession;
const sessions = Array.from({ length: connections }, () => connect(`http://127.0.0.1:${port}`));
const headers = {
  ':method': 'POST',
  ':path': pathOf(create),
  'content-type': 'application/grpc',
  te: 'trailers',
  authorization: `Bearer ${token}`,
};
let isEnded = false;
process.once('SIGTERM', () => {
  isEnded = true;
});

const refused: Record<string, Refused> = {};
const started = performance.now();
const calls: Promise<void>[] = [];
for (; !isEnded; await delay(1)) {
  const due = Math.floor(((performance.now() - started) * perSecond) / 1_000);
  while (calls.length < due) calls.push(guess(calls.length));
}
const seconds = (performance.now() - started) / 1_000;
await Promise.all(calls);
for (const session of sessions) session.close();
process.stdout.write(
  JSON.stringify({ perSecond: Math.round(calls.length / seconds), refused } satisfies Flooded),
);

async function guess(index: number): Promise<void> {
  const loginName =
    chance.below(2) === 0 ? `user-${chance.between(...users)}@example.com` : `nobody-${seed}-${index}`;
  const checks = {
    user: { search: { case: 'loginName', value: loginName } },
    password: { password: 'not this one' },
  } as const;
  const session = sessions[index % connections] as ClientHttp2Session;
  const told = await answerOf(session, bytesOf(create, { checks }));
  if (told['grpc-status'] === '0') throw new Error('a wrong password was right');
  const message = decodeURIComponent(String(told['grpc-message']));
  const id = /\(([\w-]+)\)$/.exec(message)?.[1] ?? message;
  refused[id] ??= { count: 0, withWait: 0 };
  refused[id].count += 1;
  if (told['retry-after'] !== undefined) refused[id].withWait += 1;
}

/** By the protocol itself: a client's own work would be taken from the machine that is measured. What a no is told with. */
function answerOf(session: ClientHttp2Session, message: Buffer): Promise<IncomingHttpHeaders> {
  const framed = Buffer.alloc(5 + message.length);
  framed.writeUInt32BE(message.length, 1);
  message.copy(framed, 5);
  return new Promise((resolve, reject) => {
    const stream = session.request(headers);
    let told: IncomingHttpHeaders = {};
    const take = (more: IncomingHttpHeaders) => {
      told = { ...told, ...more };
    };
    stream.on('response', take).on('trailers', take).on('error', reject);
    stream.on('close', () => resolve(told)).resume();
    stream.end(framed);
  });
}
