// The process in which specs meet changed sources, seen from outside: it answers, or it is ended.

import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';

import { sources } from '#test/campaigns/figures.js';
import type { Told, Trial, Verdict } from '#test/campaigns/mutant-process.js';

export type Outcome =
  | { readonly kind: 'killed'; readonly spec: string; readonly test: string }
  /** It does not end, or ends the process. */
  | { readonly kind: 'stuck' }
  | { readonly kind: 'survived' };

/** What never ends is told from what is slow by this many times the longest test without a change. */
const patience = 5;
const msMin = 10_000;
/** Less than a test's own time limit: past that it may go on in the background, and disturb the next trial. */
const msUndisturbed = 4_000;

const execArgv = ['--conditions=development', '--disable-warning=ExperimentalWarning'];

/** What the suite repeats many times is repeated less: each survivor would pay for all of it. */
const fewer = { SEAL_MUTATIONS: '500' };

export class TrialProcess {
  readonly #child: ChildProcess;
  #trials = 0;
  #msMax = 60_000;
  #msLongest = 0;
  #reach: Verdict['reach'] = [];
  isAlive = true;

  constructor() {
    const program = join(import.meta.dirname, 'mutant-process.ts');
    this.#child = fork(program, [], {
      cwd: sources,
      execArgv,
      env: { ...process.env, ...fewer },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.#child.once('exit', () => {
      this.isAlive = false;
    });
  }

  /** Without a change. Sets how long a test may take with one, and which specs it may concern. */
  async runSound(specs: readonly string[]): Promise<Outcome> {
    this.#msLongest = 0;
    const outcome = await this.#run(specs, null);
    this.#msMax = Math.max(msMin, patience * this.#msLongest);
    return outcome;
  }

  /** Of the specs that were run without a change, those that import the file. */
  specsOf(path: string): string[] {
    const reaching = this.#reach.filter(({ files }) => files.includes(join(sources, path)));
    return reaching.map(({ spec }) => spec.slice(sources.length + 1));
  }

  /** Ends the process after a change that a test waited for in vain. */
  async runChanged(specs: readonly string[], change: NonNullable<Trial['change']>): Promise<Outcome> {
    const started = performance.now();
    const outcome = await this.#run(specs, change);
    if (outcome.kind === 'killed' && performance.now() - started > msUndisturbed) this.end();
    return outcome;
  }

  end(): void {
    this.isAlive = false;
    this.#child.kill('SIGKILL');
  }

  /** @param specs paths in the repository, in the order in which they are run */
  #run(specs: readonly string[], change: Trial['change']): Promise<Outcome> {
    this.#trials += 1;
    const absolute = specs.map((spec) => join(sources, spec));
    const trial: Trial = { number: this.#trials, specs: absolute, change };
    const child = this.#child;
    return new Promise((resolve) => {
      const settle = (outcome: Outcome): void => {
        clearInterval(timer);
        child.off('message', onMessage).off('exit', onExit);
        resolve(outcome);
      };
      let began = performance.now();
      const onMessage = (told: Told): void => {
        this.#msLongest = Math.max(this.#msLongest, performance.now() - began);
        began = performance.now();
        silentSeconds = 0;
        if (told === 'a test begins') return;
        if (change === null) this.#reach = told.reach;
        settle(outcomeOf(told));
      };
      const onExit = (): void => settle({ kind: 'stuck' });
      // Counted, and not read from a clock: a machine that slept was not waiting.
      let silentSeconds = 0;
      const timer = setInterval(() => {
        silentSeconds += 1;
        if (silentSeconds * 1_000 > this.#msMax) child.kill('SIGKILL');
      }, 1_000);
      child.on('message', onMessage).once('exit', onExit);
      child.send(trial);
    });
  }
}

function outcomeOf({ failed }: Verdict): Outcome {
  if (failed === null) return { kind: 'survived' };
  return { kind: 'killed', spec: failed.spec.slice(sources.length + 1), test: failed.test };
}
