// Logins over the one port, durable: beside what the processors could hash if they did nothing else, and where nothing is
// hashed, beside a bare echo. The callers share the machine with what they call, on both sides alike.

import { mkdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

import { fromBinary } from '@bufbuild/protobuf';
import { hash, verify } from '@node-rs/argon2';

import { SessionService } from '#contract/zitadel/session/v2/session_service_pb.js';
import { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import { defaultSettings } from '#domain/organization/settings.js';
import { base32Decode } from '#secrets/base32.js';
import { totpCode } from '#secrets/totp.js';
import { tokenIn } from '#test/administrator-token.js';
import { benchPassword } from '#test/bench/bench-password.js';
import { alternate, bytesOf, Process, pathOf, startOfStep } from '#test/bench/call-figures.js';
import { type Call, grpcCaller } from '#test/bench/callers.js';
import { type Figure, ratioFigure } from '#test/bench/figures.js';
import { inParallel } from '#test/bench/in-parallel.js';

/** The default, said once more: what is measured stays the same. */
const passwordHash = 'm=19456,t=2,p=1';
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const userChecksEach = 50;
/** As many as keep every processor hashing, and none waiting for long. */
const loginsAtOnce = 16;
const hashesAtOnce = availableParallelism();

export interface LoginBenchOptions {
  readonly directory: string;
  /** Each logs in once: a thousand are some seconds of hashing. */
  readonly logins: number;
  readonly rounds: number;
}

export async function loginFigures({ directory, logins, rounds }: LoginBenchOptions): Promise<Figure[]> {
  mkdirSync(directory, { recursive: true });
  const ours = await Process.start('serving-process', [
    directory,
    String(logins),
    '--password-hash',
    passwordHash,
  ]);
  const echo = await Process.start('echo-process', []);
  try {
    const token = tokenIn(directory);
    const userIds = JSON.parse(readFileSync(join(directory, 'users.json'), 'utf8')) as string[];
    const bench = { ours, echo, token, rounds, userIds };
    return [await fullLogins(bench), await checksOfUsers(bench)];
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
  readonly userIds: readonly string[];
}

async function fullLogins({ ours, token, rounds, userIds }: Bench): Promise<Figure> {
  const port = ours.told('port');
  const seeds = await enrolled(port, token, userIds);
  const create = grpcCaller(port, pathOf(SessionService.method.createSession), token);
  const set = grpcCaller(port, pathOf(SessionService.method.setSession), token);
  // After the step of the code that it was enrolled with.
  await startOfStep();
  const logIn: Call = async (payload) => {
    const index = payload.readUInt32BE();
    const user = { search: { case: 'userId', value: userIds[index] as string } } as const;
    const answer = await create.call(
      bytesOf(SessionService.method.createSession, {
        checks: { user, password: { password: benchPassword } },
      }),
    );
    const { sessionId } = fromBinary(SessionService.method.createSession.output, answer);
    const code = totpCode({
      key: seeds[index] as Buffer,
      parameters: defaultSettings.totpParameters,
      at: Date.now(),
    });
    return set.call(bytesOf(SessionService.method.setSession, { sessionId, checks: { totp: { code } } }));
  };
  const stored = await hash(benchPassword, parameters);
  const ceiling = hashing(stored);
  const speeds = await alternate(rounds, {
    ours: { call: logIn, payloads: userIds.map((_, index) => numbered(index)) },
    ceiling,
    atOnce: loginsAtOnce,
  });
  for (const caller of [create, set]) caller.close();
  return ratioFigure({
    claim: `a full login over gRPC, a session with a password and then its TOTP code, ${loginsAtOnce} at once, reaches 0.85 of bare Argon2id verifications at ${passwordHash}, ${hashesAtOnce} at once`,
    unit: 'logins/s',
    ...speeds,
    bar: 0.85,
  });
}

/** As many at a time as there are processors, whoever waits. */
function hashing(stored: string): Call {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (payload) => {
    if (running >= hashesAtOnce) await new Promise<void>((go) => waiting.push(go));
    else running += 1;
    if (!(await verify(stored, benchPassword))) throw new Error('the password does not fit');
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
    return payload;
  };
}

async function checksOfUsers({ ours, echo, token, rounds, userIds }: Bench): Promise<Figure> {
  const create = grpcCaller(ours.told('port'), pathOf(SessionService.method.createSession), token);
  const bare = grpcCaller(echo.told('grpcPort'), '/bench.Echo/Echo', null);
  const payloads = userIds.map((value) =>
    bytesOf(SessionService.method.createSession, { checks: { user: { search: { case: 'userId', value } } } }),
  );
  const speeds = await alternate(rounds, {
    ours: {
      call: create.call,
      payloads: Array.from(
        { length: userChecksEach * payloads.length },
        (_, index) => payloads[index % payloads.length] as Buffer,
      ),
    },
    ceiling: bare.call,
  });
  for (const caller of [create, bare]) caller.close();
  return ratioFigure({
    claim:
      'a session with the user check only over gRPC, 256 at once, reaches 0.35 of a bare echo of grpc-js',
    unit: 'calls/s',
    ...speeds,
    bar: 0.35,
  });
}

/** The secret of a device of each. */
export async function enrolled(
  port: number,
  token: string,
  userIds: readonly string[],
): Promise<readonly Buffer[]> {
  const register = grpcCaller(port, pathOf(UserService.method.registerTOTP), token);
  const confirm = grpcCaller(port, pathOf(UserService.method.verifyTOTPRegistration), token);
  const keys: Buffer[] = [];
  await inParallel(userIds, loginsAtOnce, async (userId, index) => {
    const answer = await register.call(bytesOf(UserService.method.registerTOTP, { userId }));
    const seed = base32Decode(fromBinary(UserService.method.registerTOTP.output, answer).secret);
    if (seed.kind === 'refused') throw new Error(`no secret came back: ${seed.reason}`);
    keys[index] = seed.bytes;
    const code = totpCode({ key: seed.bytes, parameters: defaultSettings.totpParameters, at: Date.now() });
    await confirm.call(bytesOf(UserService.method.verifyTOTPRegistration, { userId, code }));
  });
  for (const caller of [register, confirm]) caller.close();
  return keys;
}

function numbered(index: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(index);
  return bytes;
}
