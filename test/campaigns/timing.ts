// `npm run campaign:timing -- --samples 100000 --seed 1`: whether the time that a comparison takes tells how much of
// a guess is right. Two kinds of guesses alternate by chance, and Welch's t says whether their times differ; beside
// each comparison stands one that stops at the first difference, which must be found, or nothing is shown.

import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';

import { defaultSettings } from '#domain/organization/settings.js';
import { newEmailCode, sameCode } from '#secrets/email-code.js';
import { hashToken, sameHash } from '#secrets/token-text.js';
import { matchingSteps, newTotpSecret, totpCode } from '#secrets/totp.js';
import { commitOf, print } from '#test/campaigns/figures.js';
import { Chance } from '#test/faults/chance.js';
import { welchT } from '#test/faults/welch.js';

const { values } = parseArgs({
  options: {
    samples: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});

const samples = Number(values.samples);
const seed = Number(values.seed);
/** Beyond it chance is no explanation: one in some hundred thousand runs. */
const tMax = 4.5;
/** A call is shorter than the clock's step, so each sample is of so many. */
const callsPerSample = 8;
/** Interruptions take a thousand times as long as what is measured. */
const slowestShare = 0.1;

/** Made together and then measured, each once: samples of the same texts would count as more than they are. */
const casesAtOnce = 1_000;

/** Whether the guess differs from what it is compared with at its end only, or at its start already. */
type Kind = 0 | 1;

interface Comparison<Case = unknown> {
  readonly name: string;
  readonly isLeaky: boolean;
  readonly caseOf: (kind: Kind) => Case;
  readonly compare: (one: Case) => unknown;
}

function stopsEarly(one: string, other: string): boolean {
  for (let at = 0; at < one.length; at += 1) if (one[at] !== other[at]) return false;
  return true;
}

const chance = new Chance(seed);
const digits = '0123456789';
const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Another character of the alphabet there, each as likely: of either kind the texts look the same. */
function changed(text: string, kind: 0 | 1, alphabet: string): string {
  const at = kind === 0 ? text.length - 1 : 0;
  const index = alphabet.indexOf(text.charAt(at));
  const other = alphabet.charAt((index + chance.between(1, alphabet.length - 1)) % alphabet.length);
  return `${text.slice(0, at)}${other}${text.slice(at + 1)}`;
}

type Texts = readonly [guess: string, right: string];

const texts = (make: () => string, compare: (guess: string, right: string) => unknown) => ({
  caseOf: (kind: Kind): Texts => {
    const right = make();
    return [changed(right, kind, letters), right];
  },
  compare: ([guess, right]: Texts) => compare(guess, right),
});

const keys = Array.from({ length: 32 }, newTotpSecret);
const { totpParameters: parameters } = defaultSettings;

const codes = {
  caseOf: (kind: Kind) => {
    const key = chance.below(keys.length);
    const at = Date.UTC(2030, 0, 1, 0, 0, chance.below(1_000_000));
    const code = totpCode({ key: keys[key] as Buffer, parameters, at });
    return { key, at, code: changed(code, kind, digits) };
  },
  compare: ({ key, ...guess }: { key: number; at: number; code: string }) =>
    matchingSteps({
      ...guess,
      key: keys[key] as Buffer,
      parameters,
      driftSteps: 0,
      stepsPast: 0,
      stepsFuture: 0,
    }),
};

const newHash = () => hashToken(randomBytes(32));

const comparisons = [
  { name: 'sameHash', isLeaky: false, ...texts(newHash, sameHash) },
  { name: 'sameCode', isLeaky: false, ...texts(newEmailCode, sameCode) },
  { name: 'matchingSteps', isLeaky: false, ...codes },
  { name: 'planted: hashes until they differ', isLeaky: true, ...texts(newHash, stopsEarly) },
  { name: 'planted: codes until they differ', isLeaky: true, ...texts(newEmailCode, stopsEarly) },
] as readonly Comparison[];

function measure({ caseOf, compare }: Comparison): number {
  const taken: [number[], number[]] = [[], []];
  for (let warm = 0; warm < 20; warm += 1) for (const { one } of newCases(caseOf)) compare(one);
  for (let done = 0; done < samples; done += casesAtOnce) {
    const cases = newCases(caseOf);
    // What is done to a text when it is first looked at is no part of comparing it.
    for (const { one } of cases) compare(one);
    for (const { kind, one } of cases) taken[kind].push(timeOf(() => compare(one)));
  }
  // One limit for both kinds, or the cut itself would make a difference.
  const sorted = taken.flat().toSorted((one, other) => one - other);
  const limit = sorted[Math.floor(sorted.length * (1 - slowestShare))] ?? 0;
  const [near, far] = taken.map((times) => times.filter((time) => time <= limit)) as [number[], number[]];
  return welchT(near, far);
}

/** Read from one text, so that where a case stands in memory says nothing of how it was made. */
function newCases<Case>(caseOf: Comparison<Case>['caseOf']): readonly { kind: Kind; one: Case }[] {
  const made = Array.from({ length: casesAtOnce }, () => {
    const kind = chance.below(2) as Kind;
    return { kind, one: caseOf(kind) };
  });
  return JSON.parse(JSON.stringify(made));
}

function timeOf(run: () => unknown): number {
  const before = process.hrtime.bigint();
  for (let call = 0; call < callsPerSample; call += 1) run();
  return Number(process.hrtime.bigint() - before);
}

print(`seed ${seed}, commit ${commitOf()}`);
const started = performance.now();
const found = comparisons.map((comparison) => {
  const t = measure(comparison);
  const isFound = Math.abs(t) >= tMax;
  const holds = isFound === comparison.isLeaky;
  print(`${holds ? 'yes' : 'NO '}  ${comparison.name}: t = ${t.toFixed(2)}`);
  return { name: comparison.name, t: Number(t.toFixed(2)), holds };
});
const seconds = Math.round((performance.now() - started) / 1_000);
print(JSON.stringify({ campaign: 'timing', seed, commit: commitOf(), seconds, samples, found }));
process.exitCode = found.every(({ holds }) => holds) ? 0 : 1;
