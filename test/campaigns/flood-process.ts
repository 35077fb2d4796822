// Wrong passwords at a steady rate from a process of its own, until it is told to end: each as somebody or as nobody,
// by chance. Prints how they were refused, and how many of those were told how long to wait.

import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import type { ServiceError } from '@grpc/grpc-js';

import { SessionService } from '#contract/zitadel/session/v2/session_service_pb.js';
import { bytesOf, pathOf } from '#test/bench/call-figures.js';
import { grpcCaller } from '#test/bench/callers.js';
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

/** Each has four connections of a hundred calls: more than ever wait to be hashed. */
const callersAtOnce = 4;

const { port, token, perSecond, seed, users } = JSON.parse(readFileSync(0, 'utf8')) as Flood;
const chance = new Chance(seed);
const create = SessionService.method.createSession;
const callers = Array.from({ length: callersAtOnce }, () => grpcCaller(port, pathOf(create), token));
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
for (const caller of callers) caller.close();
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
  const caller = callers[index % callersAtOnce] as (typeof callers)[number];
  const error = await caller.call(bytesOf(create, { checks })).then(
    () => null,
    (error: ServiceError) => error,
  );
  if (error === null) throw new Error('a wrong password was right');
  const id = /\(([\w-]+)\)$/.exec(error.details)?.[1] ?? error.message;
  refused[id] ??= { count: 0, withWait: 0 };
  refused[id].count += 1;
  if (error.metadata.get('retry-after').length > 0) refused[id].withWait += 1;
}
