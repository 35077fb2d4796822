// Calls over the one port, durable, beside an echo of the same libraries with nothing behind it. The callers share
// the machine with what they call, on both sides alike.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import {
  create,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  toBinary,
} from '@bufbuild/protobuf';

import { FactorService } from '#contract/countersign/v1/factor_service_pb.js';
import { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import { defaultSettings } from '#domain/organization/settings.js';
import { base32Decode } from '#secrets/base32.js';
import { totpCode } from '#secrets/totp.js';
import { tokenIn } from '#test/administrator-token.js';
import { type Call, grpcCaller, httpCaller } from '#test/bench/callers.js';
import { type Figure, ratioFigure } from '#test/bench/figures.js';
import { inParallel } from '#test/bench/in-parallel.js';
import type { Pace, PacedTimes } from '#test/bench/paced-process.js';

const concurrent = 256;
export const stepMs = 30_000;
/** Enough of them for a percentile, over some seconds. */
const pacedCalls = 50_000;
const p99MsMax = 30;

export interface CallBenchOptions {
  readonly directory: string;
  /** Each is enrolled once and checked once. */
  readonly users: number;
  readonly rounds: number;
}

export async function callFigures({ directory, users, rounds }: CallBenchOptions): Promise<Figure[]> {
  const restUsers = Math.floor(users / 5);
  mkdirSync(directory, { recursive: true });
  const [ours, echo] = [
    await Process.start('serving-process', [directory, String(users + restUsers)]),
    await Process.start('echo-process', []),
  ];
  try {
    const token = tokenIn(directory);
    const userIds = JSON.parse(readFileSync(join(directory, 'users.json'), 'utf8')) as string[];
    const bench = { ours, echo, token, rounds };
    const overRest = await restFigure(bench, userIds.splice(users));
    return [...(await grpcFigures(bench, userIds)), overRest];
  } finally {
    ours.end();
    echo.end();
  }
}

interface Bench {
  readonly ours: Process;
  readonly echo: Process;
  readonly token: string;
  readonly rounds: number;
}

async function grpcFigures(
  { ours, echo, token, rounds }: Bench,
  userIds: readonly string[],
): Promise<Figure[]> {
  const bare = grpcCaller(echo.told('grpcPort'), '/bench.Echo/Echo', null);
  const callerOf = (method: DescMethodUnary) => grpcCaller(ours.told('port'), pathOf(method), token);
  const [register, confirm, check] = [
    callerOf(UserService.method.registerTOTP),
    callerOf(UserService.method.verifyTOTPRegistration),
    callerOf(FactorService.method.verifyTotp),
  ];
  const seeds: Buffer[] = [];
  const registering = await alternate(rounds, {
    ours: {
      call: register.call,
      payloads: userIds.map((userId) => bytesOf(UserService.method.registerTOTP, { userId })),
    },
    ceiling: bare.call,
    onAnswer: (answer, index) => {
      seeds[index] = answer;
    },
  });
  for (const [index, answer] of seeds.entries()) {
    const { secret } = fromBinary(UserService.method.registerTOTP.output, answer);
    const seed = base32Decode(secret);
    if (seed.kind === 'refused') throw new Error(`no secret came back: ${seed.reason}`);
    seeds[index] = seed.bytes;
  }
  const codeAt = (index: number, at: number) =>
    totpCode({ key: seeds[index] as Buffer, parameters: defaultSettings.totpParameters, at });
  const codes = (method: DescMethodUnary, at: number) =>
    userIds.map((userId, index) => bytesOf(method, { userId, code: codeAt(index, at) }));
  const confirming = codes(UserService.method.verifyTOTPRegistration, await startOfStep());
  await inParallel(confirming, concurrent, async (payload) => void (await confirm.call(payload)));
  const checking = await alternate(rounds, {
    ours: { call: check.call, payloads: codes(FactorService.method.verifyTotp, await startOfStep()) },
    ceiling: bare.call,
  });
  const { p99 } = await pacedTimes({ ours, token }, FactorService.method.verifyTotp, {
    payloads: codes(FactorService.method.verifyTotp, await startOfStep()).slice(0, pacedCalls),
    perSecond: Math.max(...checking.ours) / 2,
  });
  for (const caller of [bare, register, confirm, check]) caller.close();
  const many = `of ${userIds.length} users, each once, ${concurrent} at once`;
  return [
    ratioFigure({
      claim: `RegisterTOTP over gRPC ${many}, reaches 0.45 of a bare echo of grpc-js`,
      unit: 'calls/s',
      ...registering,
      bar: 0.45,
    }),
    ratioFigure({
      claim: `a right code check over gRPC ${many}, reaches 0.40 of a bare echo of grpc-js`,
      unit: 'calls/s',
      ...checking,
      bar: 0.4,
    }),
    {
      claim: `at half of that rate, 99 of 100 code checks are answered within ${p99MsMax} ms`,
      unit: 'ms',
      ours: p99,
      ceiling: 0,
      compared: 'difference',
      value: p99,
      bar: p99MsMax,
      better: 'lower',
    },
  ];
}

async function restFigure({ ours, echo, token, rounds }: Bench, userIds: readonly string[]): Promise<Figure> {
  const [caller, bare] = [await httpCaller(ours.told('port'), 64), await httpCaller(echo.told('port'), 64)];
  const request = (path: string, body: string) =>
    Buffer.from(
      `POST ${path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
  const speeds = await alternate(rounds, {
    ours: { call: caller.call, payloads: userIds.map((userId) => request(`/v2/users/${userId}/totp`, '{}')) },
    ceiling: bare.call,
    ceilingPayloads: userIds.map(() => request('/echo', '{}')),
  });
  for (const one of [caller, bare]) one.close();
  return ratioFigure({
    claim: 'RegisterTOTP over REST on 64 connections reaches 0.25 of a bare echo of Fastify',
    unit: 'calls/s',
    ...speeds,
    bar: 0.25,
  });
}

export function bytesOf<Method extends DescMethodUnary>(
  method: Method,
  fields: MessageInitShape<Method['input']>,
): Buffer {
  return Buffer.from(toBinary(method.input, create(method.input, fields)));
}

export const pathOf = ({ parent, name }: DescMethodUnary) => `/${parent.typeName}/${name}`;

const fileOf = (name: string) => fileURLToPath(new URL(`./${name}.ts`, import.meta.url));

export interface Alternation {
  readonly ours: { readonly call: Call; readonly payloads: readonly Buffer[] };
  readonly ceiling: Call;
  /** Left out where it is asked the same. */
  readonly ceilingPayloads?: readonly Buffer[];
  readonly onAnswer?: (answer: Buffer, index: number) => void;
  /** Calls under way at a time, on either side. */
  readonly atOnce?: number;
}

/** Rounds of us and of the ceiling in turn. */
export async function alternate(
  rounds: number,
  { ours, ceiling, ceilingPayloads = ours.payloads, onAnswer, atOnce = concurrent }: Alternation,
) {
  const speeds: { ours: number[]; ceiling: number[] } = { ours: [], ceiling: [] };
  const perRound = Math.floor(ours.payloads.length / rounds);
  for (let round = 0; round < rounds; round += 1) {
    const from = round * perRound;
    const until = round === rounds - 1 ? ours.payloads.length : from + perRound;
    const some = ours.payloads.slice(from, until);
    speeds.ours.push(
      await perSecond(some, atOnce, async (payload, index) => {
        const answer = await ours.call(payload);
        onAnswer?.(answer, from + index);
      }),
    );
    speeds.ceiling.push(
      await perSecond(ceilingPayloads.slice(from, until), atOnce, async (payload) => {
        await ceiling(payload);
      }),
    );
  }
  return speeds;
}

async function perSecond(
  payloads: readonly Buffer[],
  atOnce: number,
  each: (payload: Buffer, index: number) => Promise<void>,
) {
  const started = performance.now();
  await inParallel(payloads, atOnce, each);
  return (1_000 * payloads.length) / (performance.now() - started);
}

/** Of each call once, less the first ones (paced-process.ts). */
export async function pacedTimes(
  { ours, token }: Pick<Bench, 'ours' | 'token'>,
  method: DescMethodUnary,
  { payloads, perSecond }: { readonly payloads: readonly Buffer[]; readonly perSecond: number },
): Promise<PacedTimes> {
  const pace: Pace = {
    port: ours.told('port'),
    path: pathOf(method),
    token,
    perSecond,
    payloads: payloads.map((payload) => payload.toString('base64')),
  };
  const child = spawn(process.execPath, ['--max-semi-space-size=2', fileOf('paced-process')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify(pace));
  return JSON.parse(await text(child.stdout)) as PacedTimes;
}

/** A code is accepted once, and of no earlier step than the last: each kind of call has steps of its own. */
export async function startOfStep(): Promise<number> {
  await delay(stepMs - (Date.now() % stepMs) + 100);
  return Date.now();
}

export class Process {
  readonly #child: ChildProcess;
  readonly #told: Readonly<Record<string, number>>;

  private constructor(child: ChildProcess, told: Readonly<Record<string, number>>) {
    this.#child = child;
    this.#told = told;
  }

  static start(name: string, args: readonly string[]): Promise<Process> {
    const child = spawn(
      process.execPath,
      ['--min-semi-space-size=32', '--v8-pool-size=1', fileOf(name), ...args],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    return new Promise((resolve, reject) => {
      let text = '';
      child.once('exit', (code) => reject(new Error(`${name} ended with ${code}: ${text}`)));
      child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        const line = /^\{.*\}$/m.exec(text)?.[0];
        if (line !== undefined) resolve(new Process(child, JSON.parse(line) as Record<string, number>));
      });
    });
  }

  told(name: string): number {
    return this.#told[name] as number;
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }
}
