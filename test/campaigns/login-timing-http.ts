// `npm run campaign:login-timing-http -- --each 10000 --seed 1`: whether the time that a refused login takes over HTTP
// tells that there is somebody of that name. Three kinds of names alternate by chance, each name once: somebody's, nobody's, and
// nobody's whose refusals the server makes 2 % slower. Those must be told from somebody's at as many logins, or nothing is shown.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { tokenIn } from '#test/administrator-token.js';
import { Process } from '#test/bench/call-figures.js';
import { type Caller, httpCaller } from '#test/bench/callers.js';
import { inParallel } from '#test/bench/in-parallel.js';
import { commitOf, print } from '#test/campaigns/figures.js';
import { Chance } from '#test/faults/chance.js';
import { judgeTimes, leakOf, medianOf, tMax } from '#test/faults/judge-times.js';

const { values } = parseArgs({
  options: {
    each: { type: 'string', default: '10000' },
    'at-once': { type: 'string', default: '2' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const each = Number(values.each);
const atOnce = Number(values['at-once']);
const seed = Number(values.seed);

/** The hash hides nothing: it is as cheap as can be. */
const passwordHash = 'm=8,t=1,p=1';
/** The first are compiled while they run. */
const untimed = 300;
/** Whoever needs a second step of 10 ms (evenly.ts) would hide all else: the slower half of both kinds is left out. */
const leftOut = 0.5;
/** Of one length, so that the requests are. The users of serving-process.ts are called like the first. */
const kinds = ['user', 'none', 'late'] as const;
type Kind = (typeof kinds)[number];

interface Login {
  readonly kind: Kind;
  readonly index: number;
}

const directory = mkdtempSync(join(tmpdir(), 'countersign-login-timing-'));
const started = performance.now();
const users = String(each + untimed);
const server = await Process.start('serving-process', [
  directory,
  users,
  '--password-hash',
  passwordHash,
  '--leaking',
  'late-',
]);
const token = tokenIn(directory);

const times: Readonly<Record<Kind, number[]>> = { user: [], none: [], late: [] };
const answers = new Map<string, number>();
try {
  const caller = await httpCaller(server.told('port'), atOnce);
  await inParallel(loginsInOrder(new Chance(seed)), atOnce, (login) => timed(caller, login));
  caller.close();
} finally {
  server.end();
  rmSync(directory, { recursive: true });
}

/** Of each name the three kinds, in an order of their own. */
function loginsInOrder(chance: Chance): readonly Login[] {
  return Array.from({ length: each + untimed }, (_, index) => {
    const left = [...kinds];
    return kinds.map(() => {
      const [kind] = left.splice(chance.below(left.length), 1);
      return { kind: kind as Kind, index };
    });
  }).flat();
}

async function timed(caller: Caller, { kind, index }: Login): Promise<void> {
  const request = requestOf({ kind, index });
  const before = process.hrtime.bigint();
  const answer = await caller.call(request).then(
    () => 'a session',
    ({ message }: Error) => message,
  );
  const took = Number(process.hrtime.bigint() - before);
  if (index >= untimed) times[kind].push(took);
  const timeless = answer.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/, 'now');
  answers.set(timeless, (answers.get(timeless) ?? 0) + 1);
}

function requestOf({ kind, index }: Login): Buffer {
  const loginName = `${kind}-${index}@example.com`;
  const body = JSON.stringify({ checks: { user: { loginName }, password: { password: 'not this one' } } });
  const head = [
    'POST /v2/sessions HTTP/1.1',
    'host: campaign',
    `authorization: Bearer ${token}`,
    'content-type: application/json',
    `content-length: ${body.length}`,
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
}

const { user, none, late } = times;
const [t, leaky] = [judgeTimes([user, none], leftOut), judgeTimes([user, late], leftOut)];
const isOneAnswer = answers.size === 1 && !answers.has('a session');
const isHeld = isOneAnswer && Math.abs(t) < tMax && Math.abs(leaky) >= tMax;
const percent = (leak: number): string => (100 * leak).toFixed(2);
print(`seed ${seed}, commit ${commitOf()}`);
print(
  `${isHeld ? 'yes' : 'NO '}  a wrong password of somebody, and of nobody: t = ${t.toFixed(2)}, planted ${leaky.toFixed(2)}`,
);
for (const [answer, count] of answers) print(`     ${count} times: ${answer}`);
print(
  JSON.stringify({
    campaign: 'login-timing-http',
    seed,
    commit: commitOf(),
    seconds: Math.round((performance.now() - started) / 1_000),
    each,
    atOnce,
    usualMs: Number((medianOf(user) / 1e6).toFixed(2)),
    nobodyPercent: percent(leakOf([user, none])),
    plantedPercent: percent(leakOf([user, late])),
    t: Number(t.toFixed(2)),
    planted: Number(leaky.toFixed(2)),
  }),
);
process.exitCode = isHeld ? 0 : 1;
