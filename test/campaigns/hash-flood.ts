// `npm run campaign:hash-flood -- --rounds 3 --seed 1`: how long code checks wait at a steady rate, without and with a
// thousand wrong passwords a second beside them, in turn. Each side has a process of its own, and all of them share the
// machine with what they call.

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { FactorService } from '#contract/countersign/v1/factor_service_pb.js';
import { defaultSettings } from '#domain/organization/settings.js';
import { totpCode } from '#secrets/totp.js';
import { tokenIn } from '#test/administrator-token.js';
import { bytesOf, Process, pacedTimes, startOfStep } from '#test/bench/call-figures.js';
import { holds, lowRatioFigure } from '#test/bench/figures.js';
import { enrolled } from '#test/bench/login-figures.js';
import { commitOf, print, printTable } from '#test/campaigns/figures.js';
import type { Flood, Flooded } from '#test/campaigns/flood-process.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '10' },
    checks: { type: 'string', default: '400' },
    guesses: { type: 'string', default: '1000' },
    /** The passwords of those whose codes are checked are guessed, and not those of others. */
    same: { type: 'boolean', default: false },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const [rounds, seconds, checks, guesses] = [values.rounds, values.seconds, values.checks, values.guesses].map(
  Number,
) as [number, number, number, number];
const seed = Number(values.seed);

/** The default, said once more: what is measured stays the same. */
const passwordHash = 'm=19456,t=2,p=1';
const ratioMax = 2;
/** As many are not timed (paced-process.ts). */
const firstChecks = 1_000;
const checked = firstChecks + checks * seconds;
/** The lane is full by then. */
const aheadMs = 2_000;

const directory = mkdtempSync(join(tmpdir(), 'countersign-hash-flood-'));
const ours = await Process.start('serving-process', [
  directory,
  String(2 * checked),
  '--password-hash',
  passwordHash,
]);
const token = tokenIn(directory);
const userIds = (JSON.parse(readFileSync(join(directory, 'users.json'), 'utf8')) as string[]).slice(
  0,
  checked,
);
/** Of their devices. */
const keys: Buffer[] = [];

interface Round {
  readonly p50: number;
  readonly p99: number;
  readonly flooded: Flooded | null;
}

async function round(flood: Flooding | null): Promise<Round> {
  const at = await startOfStep();
  const payloads = userIds.map((userId, index) =>
    bytesOf(FactorService.method.verifyTotp, {
      userId,
      code: totpCode({ key: keys[index] as Buffer, parameters: defaultSettings.totpParameters, at }),
    }),
  );
  const end = flood === null ? () => null : flooding(flood);
  await delay(aheadMs);
  const paced = { payloads, perSecond: checks };
  const { p50, p99 } = await pacedTimes({ ours, token }, FactorService.method.verifyTotp, paced);
  return { p50, p99, flooded: await end() };
}

type Flooding = Pick<Flood, 'seed'>;

/** Begins it; what it returns ends it. */
function flooding({ seed }: Flooding): () => Promise<Flooded> {
  const users = (values.same ? [0, checked - 1] : [checked, 2 * checked - 1]) as Flood['users'];
  const flood: Flood = { port: ours.told('port'), token, perSecond: guesses, seed, users };
  const file = join(import.meta.dirname, 'flood-process.ts');
  const child = spawn(process.execPath, ['--max-semi-space-size=2', file], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify(flood));
  const told = text(child.stdout);
  return async () => {
    child.kill('SIGTERM');
    return JSON.parse(await told) as Flooded;
  };
}

const none = { count: 0, withWait: 0 };

/** What was neither compared nor refused as busy was given up, or there were too many guesses for one name. */
function sortedOut(flooded: Flooded | null) {
  const { 'CSIGN-busy': busy = none, 'COMMAND-3M0fs': wrong = none, ...rest } = flooded?.refused ?? {};
  const others = Object.values(rest).reduce((sum, { count }) => sum + count, 0);
  return { busy, hashed: wrong.count, others };
}

function printRound(name: string, { p50, p99, flooded }: Round): void {
  const { busy, hashed, others } = sortedOut(flooded);
  const row = {
    p50: p50.toFixed(1),
    p99: p99.toFixed(1),
    'guesses/s': flooded?.perSecond ?? 0,
    hashed,
    busy: busy.count,
    'told a wait': busy.withWait,
    others,
  };
  printTable({ [name]: row });
}

print(`seed ${seed}, commit ${commitOf()}`);
const [usual, beside]: [Round[], Round[]] = [[], []];
try {
  keys.push(...(await enrolled(ours.told('port'), token, userIds)));
  for (let turn = 0; turn < rounds; turn += 1) {
    usual.push(await round(null));
    printRound('usual', usual[turn] as Round);
    beside.push(await round({ seed: seed + turn }));
    printRound('flood', beside[turn] as Round);
  }
} finally {
  ours.end();
  rmSync(directory, { recursive: true });
}

const figure = lowRatioFigure({
  claim: `${checks} code checks a second wait at p99 at most twice as long beside ${guesses} wrong passwords a second`,
  unit: 'ms',
  ours: beside.map(({ p99 }) => p99),
  ceiling: usual.map(({ p99 }) => p99),
  bar: ratioMax,
});
const told = beside.map(({ flooded }) => sortedOut(flooded));
const isToldToWait = told.every(({ busy, hashed }) => busy.count > hashed && busy.withWait === busy.count);
const isHeld = holds(figure) && isToldToWait;
print(`${isHeld ? 'yes' : 'NO '}  ${figure.claim}: ${figure.value.toFixed(2)}`);
print(
  JSON.stringify({
    campaign: 'hash-flood',
    seed,
    commit: commitOf(),
    same: values.same,
    usualP99: Number(figure.ceiling.toFixed(1)),
    besideP99: Number(figure.ours.toFixed(1)),
    ratio: Number(figure.value.toFixed(2)),
    refused: beside.map(({ flooded }) => flooded?.refused),
  }),
);
process.exitCode = isHeld ? 0 : 1;
