// The built command line as a real process, and what came of it.

import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

import { type Environment, root, within } from '#test/e2e/server-process.js';

const main = join(root, 'dist/apps/cli/src/main.js');
/** Generous: a shared machine may be busy. */
const patienceMs = 60_000;

export interface Ran {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

export interface RunOptions {
  readonly environment?: Environment;
  readonly input?: string;
  /** More may be written to its standard input. */
  readonly keepOpen?: boolean;
}

export async function countersign(words: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { ended } = begin(words, options);
  return await within(patienceMs, ended, `countersign ${words.join(' ')}`);
}

/** For one that goes on until it is ended. */
export function begin(
  words: readonly string[],
  { environment = {}, input = '', keepOpen = false }: RunOptions = {},
): {
  readonly child: ChildProcess;
  readonly ran: { output: string; errors: string };
  readonly ended: Promise<Ran>;
} {
  const child = spawn(process.execPath, ['--min-semi-space-size=32', '--v8-pool-size=1', main, ...words], {
    cwd: root,
    // Nothing of the environment of the tests may decide how it behaves.
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ran = { output: '', errors: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    ran.output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    ran.errors += text;
  });
  child.stdin.on('error', () => undefined);
  if (!keepOpen) child.stdin.end(input);
  const ended = new Promise<Ran>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...ran }));
  });
  return { child, ran, ended };
}

/** Each line of an answer in JSON. */
export function linesOf({ output }: Pick<Ran, 'output'>): Record<string, unknown>[] {
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
