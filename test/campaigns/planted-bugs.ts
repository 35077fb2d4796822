// `npm run campaign:planted-bugs`: plants one bug after the other in a copy
// of the sources, runs the specs that should show it, and demands that they fail. `--only` takes a part of
// a bug's name.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Control, controls } from '#test/campaigns/controls.js';
import { commitOf, print, sources } from '#test/campaigns/figures.js';
import { plant } from '#test/faults/planted-bugs.js';

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });

const scratch = mkdtempSync(join(tmpdir(), 'countersign-planted-'));
let unseen = 0;
try {
  const wanted = Object.entries(controls).filter(([name]) => name.includes(values.only));
  const runs = Map.groupBy(wanted, ([, { spec, tests }]) => `${spec} ${tests ?? ''}`);
  for (const [[, control]] of runs.values() as Iterable<[[string, Control]]>) showSound(control);
  for (const [index, [name, control]] of wanted.entries()) show(name, control, String(index));
} finally {
  rmSync(scratch, { recursive: true });
}
print(JSON.stringify({ campaign: 'planted-bugs', commit: commitOf(), unseen }));
process.exitCode = unseen === 0 ? 0 : 1;

/** A test that fails without a bug shows nothing. */
function showSound(control: Control): void {
  const failed = failuresOf({ ...control, edits: [] }, 'sound');
  const { spec, tests = 'all of it' } = control;
  if (failed.length > 0) throw new Error(`${spec} fails without a bug: ${failed.join('; ')}`);
  print(`sound  ${spec}, ${tests}`);
}

function show(name: string, control: Control, directory: string): void {
  const failed = failuresOf(control, directory);
  if (failed.length === 0) unseen += 1;
  print(`${failed.length === 0 ? 'UNSEEN' : 'seen  '} ${name}`);
  for (const title of failed.slice(0, 3)) print(`         ${title}`);
}

/** The titles of the tests that fail on a copy. */
function failuresOf({ spec, tests, edits }: Control, directory: string): string[] {
  const copy = join(scratch, directory);
  plant({ edits }, copy);
  for (const part of ['jest.config.js', 'tools/swc-options.js', 'tsconfig.json']) {
    cpSync(join(sources, part), join(copy, part));
  }
  const outcome = join(copy, 'outcome.json');
  const named = tests === undefined ? [] : ['--testNamePattern', tests];
  const jest = [
    'node_modules/jest/bin/jest.js',
    spec,
    '--json',
    `--outputFile=${outcome}`,
    '--forceExit',
    ...named,
  ];
  const options = { cwd: copy, stdio: 'ignore', timeout: 180_000 } as const;
  spawnSync(process.execPath, ['--experimental-vm-modules', '--no-warnings', ...jest], options);
  const { testResults } = JSON.parse(readFileSync(outcome, 'utf8')) as Outcome;
  rmSync(copy, { recursive: true });
  const results = testResults.flatMap((result) => result.assertionResults);
  if (results.length === 0) throw new Error(`no test of ${spec} was run`);
  return results.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName);
}

interface Outcome {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}
