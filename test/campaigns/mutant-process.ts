// Runs specs on sources of which one is changed, again and again, in one process: each time all modules of
// ours are loaded anew, under another name, so that nothing is left of the change before. Jest's own runner
// of tests is what runs them, without the half second in which Jest makes a world around each file.

import { readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

import fc from 'fast-check';
import { addEventHandler, getState, resetState, run } from 'jest-circus';

import { sources } from '#test/campaigns/figures.js';

/** One run of specs: with a change, or on the sources as they are. */
export interface Trial {
  readonly number: number;
  /** Absolute, in the order in which they are run. */
  readonly specs: readonly string[];
  /** The file that is changed, and its whole text. */
  readonly change: { readonly path: string; readonly text: string } | null;
}

export interface Verdict {
  /** The first test that failed, which ends the run. */
  readonly failed: { readonly spec: string; readonly test: string } | null;
  /** What each spec imports, and what that imports. */
  readonly reach: readonly { readonly spec: string; readonly files: readonly string[] }[];
}

/** A test begins: whoever waits for the verdict knows that something goes on. */
export type Told = 'a test begins' | Verdict;

type Blocks = ReturnType<typeof getState>['rootDescribeBlock'];

const ours = pathToFileURL(`${sources}/`).href;
const packages = `${ours}node_modules/`;
const jestGlobals = new URL('./jest-globals.ts', import.meta.url).href;
const stripped = new Map<string, string>();
const loaded = new Set<string>();
let trial: Trial = { number: 0, specs: [], change: null };

registerHooks({
  resolve(specifier, context, next) {
    const generation = new URL(context.parentURL ?? 'file:///').search;
    if (generation === '') return next(specifier, context);
    if (specifier === '@jest/globals') return { url: jestGlobals, shortCircuit: true };
    const resolved = next(specifier, context);
    const isOurs = resolved.url.startsWith(ours) && !resolved.url.startsWith(packages);
    return isOurs ? { ...resolved, url: `${resolved.url}${generation}` } : resolved;
  },
  load(url, context, next) {
    if (new URL(url).search === '') return next(url, context);
    return { format: 'module', source: sourceOf(fileURLToPath(url)), shortCircuit: true };
  },
});

// What is looked for is whether a property fails, and not its smallest counterexample.
fc.configureGlobal({ endOnFailure: true });
addEventHandler(({ name }) => {
  if (name === 'test_start') tell('a test begins');
  if (name === 'test_fn_failure') skipTheRest(getState().rootDescribeBlock);
});
process.on('message', async (next: Trial) => {
  trial = next;
  tell(await verdictOf(next));
});
process.once('disconnect', () => process.exit());

function tell(told: Told): void {
  process.send?.(told);
}

async function verdictOf({ number, specs }: Trial): Promise<Verdict> {
  const reach: Verdict['reach'][number][] = [];
  for (const [index, spec] of specs.entries()) {
    loaded.clear();
    const test = await firstFailure(`${pathToFileURL(spec).href}?trial=${number}.${index}`);
    reach.push({ spec, files: [...loaded] });
    if (test !== null) return { failed: { spec, test }, reach };
  }
  return { failed: null, reach };
}

async function firstFailure(url: string): Promise<string | null> {
  resetState();
  try {
    await import(url);
  } catch (error) {
    return `it does not load: ${String(error)}`;
  }
  const { testResults, unhandledErrors } = await run();
  const failed = testResults.find(({ errors }) => errors.length > 0);
  if (failed !== undefined) return failed.testPath.slice(1).join(' ');
  return unhandledErrors.length === 0 ? null : String(unhandledErrors[0]);
}

function skipTheRest(block: Blocks): void {
  for (const child of block.children) {
    if (child.type === 'describeBlock') skipTheRest(child);
    else child.mode = 'skip';
  }
}

function sourceOf(path: string): string {
  loaded.add(path);
  if (path === trial.change?.path) return stripTypeScriptTypes(trial.change.text);
  const known = stripped.get(path) ?? stripTypeScriptTypes(readFileSync(path, 'utf8'));
  stripped.set(path, known);
  return known;
}
