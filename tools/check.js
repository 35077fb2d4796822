// The one yes or no. Each step is a claim; a claim that does not hold is told, and the rest are still
// looked at.
//
//   node tools/check.js          every claim (`npm run check`)
//   node tools/check.js test     those that are tests (`npm test`)
//   node tools/check.js beyond   the others
//
// CHECK_TALLY=<file> has `<passed> <failed> <skipped>` appended to it, for .ci/run to add up.

import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { refuseOldNode } from '../apps/server/src/node-version.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const colours = process.stdout.isTTY ? [] : ['--colors=off'];
let scratch = '';

/** @typedef {{ passed: number, failed: number, skipped: number }} Tally */
/** @typedef {{ claim: string, kind: 'test' | 'beyond', run: () => Tally }} Step */

/** @type {Step[]} */
const steps = [
  { claim: 'the types hold', kind: 'beyond', run: () => script('typescript/bin/tsc') },
  {
    claim: 'the domain knows neither clock nor chance nor machine',
    kind: 'beyond',
    run: () => script('typescript/bin/tsc', '-p', 'libs/domain'),
  },
  {
    claim: 'the code is formatted and lint-free',
    kind: 'beyond',
    run: () => script('@biomejs/biome/bin/biome', 'ci', '--error-on-warnings', ...colours, '.'),
  },
  {
    claim: 'the import arrows hold',
    kind: 'beyond',
    run: () =>
      script('dependency-cruiser/bin/dependency-cruise.mjs', '--output-type', 'err-long', ...sourceFolders),
  },
  { claim: 'the contract is linted', kind: 'beyond', run: () => node('tools/contract.ts', 'lint') },
  { claim: 'the contract breaks nobody', kind: 'beyond', run: () => node('tools/contract.ts', 'breaking') },
  {
    claim: 'generated code matches the contract',
    kind: 'beyond',
    run: () => node('tools/contract.ts', 'fresh'),
  },
  {
    claim: 'generated files are fresh',
    kind: 'beyond',
    run: () => node('--conditions=development', 'tools/generate.ts', '--check'),
  },
  { claim: 'it builds', kind: 'test', run: () => node('tools/build.js') },
  {
    claim: 'the specs of the domain pass, and take every branch of it',
    kind: 'test',
    run: () => jest(['libs/domain'], ...everyBranch('libs/domain')),
  },
  {
    claim: 'the other unit and contract tests pass',
    kind: 'test',
    // Three at once also on two cores: more than half of the time it waits for disks, servers and clocks.
    run: () => jest(['apps', 'libs', 'tools'], '--testPathIgnorePatterns', '/libs/domain/', '--maxWorkers=3'),
  },
  {
    claim: 'end-to-end, fault and architecture tests pass',
    kind: 'test',
    // Most of their time is the start of processes.
    run: () => jest(['test'], '--testPathIgnorePatterns', byTheClock, '--maxWorkers=3'),
  },
  {
    claim: 'tests that hold a process against the clock pass, one after the other',
    kind: 'test',
    run: () => jest(['test'], '--testPathPatterns', byTheClock, '--maxWorkers=1'),
  },
];
const byTheClock = '/(faults/(hostile|kill|start-up-time)|e2e/stop-under-load)\\.spec\\.ts$';
const sourceFolders = ['apps', 'libs', 'test', 'tools'];

process.exitCode = main(process.argv[2]);

/** @param {string | undefined} wanted */
function main(wanted) {
  const refusal = refuseOldNode();
  if (refusal !== undefined) {
    process.stderr.write(`${refusal}\n`);
    return 1;
  }
  scratch = mkdtempSync(join(tmpdir(), 'countersign-check-'));
  try {
    return report(steps.filter((step) => wanted === undefined || step.kind === wanted).map(runStep));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** @param {Step} step */
function runStep({ claim, run }) {
  process.stdout.write(`\n— ${claim}?\n`);
  const started = performance.now();
  const tally = run();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const line = `${tally.failed === 0 ? 'yes' : ' NO'}  ${claim} (${seconds} s)`;
  process.stdout.write(`${line}\n`);
  return { line, tally };
}

/** @param {{ line: string, tally: Tally }[]} results */
function report(results) {
  /** @param {keyof Tally} name */
  const sum = (name) => results.reduce((total, { tally }) => total + tally[name], 0);
  const [passed, failed, skipped] = [sum('passed'), sum('failed'), sum('skipped')];
  process.stdout.write(`\n${results.map(({ line }) => line).join('\n')}\n`);
  process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  const tallyFile = process.env.CHECK_TALLY;
  if (tallyFile !== undefined) appendFileSync(tallyFile, `${passed} ${failed} ${skipped}\n`);
  return results.length > 0 && failed === 0 ? 0 : 1;
}

/**
 * @param {string} command of a package, as its path in node_modules
 * @param {string[]} args
 */
function script(command, ...args) {
  return node(join('node_modules', command), ...args);
}

/** @param {string[]} args */
function node(...args) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  return { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: 0 };
}

/**
 * A branch that is not taken fails the run. Counted on instrumented code: V8's own figures are of blocks, and
 * leave out branches such as a default that is never used.
 *
 * @param {string} room
 */
function everyBranch(room) {
  const files = [`${room}/src/**/*.ts`, '!**/testing/**'];
  return [
    '--coverage',
    '--coverageProvider=babel',
    '--coverageReporters=text-summary',
    ...files.map((pattern) => `--collectCoverageFrom=${pattern}`),
    `--coverageThreshold=${JSON.stringify({ global: { branches: 100, functions: 100, statements: 100 } })}`,
  ];
}

/**
 * Counts the tests, and a suite that could not even start as one failure.
 *
 * @param {string[]} folders whose specs are run
 * @param {string[]} options
 */
function jest(folders, ...options) {
  const outcome = join(scratch, 'jest.json');
  rmSync(outcome, { force: true });
  const ran = node(
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '--roots',
    ...folders,
    '--json',
    `--outputFile=${outcome}`,
    ...options,
  );
  try {
    return count(JSON.parse(readFileSync(outcome, 'utf8')), ran);
  } catch {
    return ran;
  }
}

/** @typedef {{ fullName: string, status: string }} Assertion */
/** @typedef {{ numRuntimeErrorTestSuites: number, testResults: { assertionResults: Assertion[] }[] }} Outcome */

/**
 * @param {Outcome} outcome
 * @param {Tally} ran whether the command itself went well, which it does not when it leaks or times out
 */
function count({ numRuntimeErrorTestSuites, testResults }, ran) {
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  const passed = tests.filter(({ status }) => status === 'passed').length;
  const skipped = tests.filter(isDeclaredGap).length;
  const others = tests.filter((test) => test.status !== 'passed' && !isDeclaredGap(test));
  for (const { fullName, status } of others) process.stdout.write(`${status}: ${fullName}\n`);
  const failed = others.length + numRuntimeErrorTestSuites;
  return { passed, failed: failed === 0 ? ran.failed : failed, skipped };
}

/**
 * What cannot be tried here says why in its title. Left out without a reason, a test counts as failed.
 *
 * @param {Assertion} test
 */
function isDeclaredGap({ fullName, status }) {
  return status === 'pending' && /\[gap: .{10,}\]$/.test(fullName);
}
