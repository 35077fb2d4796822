// `npm run campaign:mutation -- --room domain`: changes the shipped sources of a room in one place after the
// other, and demands that a spec of that room fails. What survives its specs and the compiler must be argued
// in argued-survivors.ts.
// `--only` takes a part of a path.

import { globSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

import { arguedSurvivors } from '#test/campaigns/argued-survivors.js';
import { compiles } from '#test/campaigns/compiles.js';
import { commitOf, print, printTable, sources } from '#test/campaigns/figures.js';
import { type Mutation, mutationsOf } from '#test/campaigns/mutations.js';
import { type Outcome, TrialProcess } from '#test/campaigns/trial-process.js';

const { values } = parseArgs({
  options: {
    room: { type: 'string', default: 'domain' },
    only: { type: 'string', default: '' },
    processes: { type: 'string', default: String(availableParallelism()) },
  },
});

interface Mutant {
  readonly path: string;
  readonly source: string;
  readonly mutation: Mutation;
}

interface Tried extends Mutant {
  readonly outcome: Outcome | { readonly kind: 'refused' };
}

/** Modules that were loaded stay in memory, so that a process is left after so many changes. */
const trialsPerProcess = 100;

const started = performance.now();
const isForTests = /\.spec\.ts$|\/(testing|contract)\//;
const all = globSync(`libs/${values.room}/src/**/*.ts`, { cwd: sources }).toSorted();
const specs = all.filter((path) => path.endsWith('.spec.ts'));
const files = all.filter((path) => !isForTests.test(path) && path.includes(values.only));
const queue = files.flatMap(mutantsOf);
const kills = new Map<string, number>();
const tried: Tried[] = [];

await Promise.all(Array.from({ length: Number(values.processes) }, tryMutants));
report();

function mutantsOf(path: string): Mutant[] {
  const source = readFileSync(join(sources, path), 'utf8');
  return mutationsOf(path, source).map((mutation) => ({ path, source, mutation }));
}

async function tryMutants(): Promise<void> {
  while (queue.length > 0) {
    const child = new TrialProcess();
    await showSound(child);
    for (let count = 0; count < trialsPerProcess && child.isAlive; count += 1) {
      const mutant = queue.shift();
      if (mutant === undefined) break;
      tried.push(await attempt(child, mutant));
    }
    // What one change leaves behind must not be what kills the next.
    if (child.isAlive) await showSound(child);
    child.end();
  }
}

/** Looked at once more where a spec failed: some measure time, on a machine that may be busy. */
async function showSound(child: TrialProcess): Promise<void> {
  const first = await child.runSound(specs);
  const outcome = first.kind === 'killed' ? await child.runSound(specs) : first;
  if (outcome.kind !== 'survived') throw new Error(`not sound without a change: ${JSON.stringify(outcome)}`);
}

async function attempt(child: TrialProcess, mutant: Mutant): Promise<Tried> {
  const { path, source, mutation } = mutant;
  const change = { path: join(sources, path), text: mutated(source, mutation) };
  const outcome = await child.runChanged(nearestFirst(path, child.specsOf(path)), change);
  if (outcome.kind === 'killed') {
    const key = `${path} ${outcome.spec}`;
    kills.set(key, (kills.get(key) ?? 0) + 1);
  }
  const isRefused = outcome.kind === 'survived' && !compiles(change.path, change.text);
  return { ...mutant, outcome: isRefused ? { kind: 'refused' } : outcome };
}

/** Those that have killed most in this file, then those beside it. */
function nearestFirst(path: string, reaching: readonly string[]): string[] {
  const rank = (spec: string): number =>
    (kills.get(`${path} ${spec}`) ?? 0) +
    (spec === path.replace(/\.ts$/, '.spec.ts') ? 0.75 : 0) +
    (dirname(spec) === dirname(path) ? 0.5 : 0);
  return reaching.toSorted((one, other) => rank(other) - rank(one));
}

function mutated(source: string, { start, end, text }: Mutation): string {
  return source.slice(0, start) + text + source.slice(end);
}

function report(): void {
  const survivors = tried.filter(({ outcome }) => outcome.kind === 'survived').map(described);
  const reasons = new Map(
    arguedSurvivors.flatMap(({ file, line, becomes }) =>
      becomes.map((changed): [string, string] => [`${file}: ${line} → ${changed}`, file]),
    ),
  );
  const unargued = survivors.filter(({ text }) => !reasons.has(text));
  const survived = new Set(survivors.map(({ text }) => text));
  const idle = [...reasons].filter(([text, file]) => files.includes(file) && !survived.has(text));
  const stuck = tried.filter(({ outcome }) => outcome.kind === 'stuck').map(described);
  for (const { place, text } of stuck) print(`stuck ${place}\n  ${text}`);
  for (const { place, text } of unargued) print(`SURVIVED ${place}\n  ${text}`);
  for (const [text] of idle) print(`ARGUED, AND DOES NOT SURVIVE ${text}`);
  printTable(Object.fromEntries([...files.map((file) => row(file, unargued)), row('', unargued)]));
  const seconds = Math.round((performance.now() - started) / 1_000);
  const [, figures] = row('', unargued);
  print(JSON.stringify({ campaign: 'mutation', room: values.room, commit: commitOf(), seconds, ...figures }));
  process.exitCode = unargued.length + idle.length === 0 && tried.length > 0 ? 0 : 1;
}

interface Described {
  readonly file: string;
  readonly place: string;
  readonly text: string;
}

function described({ path, source, mutation }: Tried): Described {
  const from = source.lastIndexOf('\n', mutation.start - 1) + 1;
  const to = `${source}\n`.indexOf('\n', mutation.end);
  const flat = (text: string): string => text.trim().replaceAll(/\s+/g, ' ');
  const after = source.slice(from, mutation.start) + mutation.text + source.slice(mutation.end, to);
  const place = `${path}:${source.slice(0, mutation.start).split('\n').length} (${mutation.operator})`;
  return { file: path, place, text: `${path}: ${flat(source.slice(from, to))} → ${flat(after)}` };
}

function row(file: string, unargued: readonly Described[]): [string, Record<string, number | string>] {
  const mutants = tried.filter(
    ({ path, outcome }) => (path === file || file === '') && outcome.kind !== 'refused',
  );
  const of = (kind: Tried['outcome']['kind']): number =>
    mutants.filter(({ outcome }) => outcome.kind === kind).length;
  const open = unargued.filter((survivor) => survivor.file === file || file === '').length;
  const survived = of('survived');
  const score = ((100 * (mutants.length - survived)) / Math.max(1, mutants.length)).toFixed(1);
  const figures = { mutants: mutants.length, killed: of('killed'), stuck: of('stuck') };
  return [
    file === '' ? 'all' : file,
    { ...figures, survived, argued: survived - open, unargued: open, score },
  ];
}
