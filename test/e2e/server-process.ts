// The built server as a real process, in a directory of its own, and its end whatever the test does.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export const root = join(import.meta.dirname, '..', '..');
export const main = join(root, 'dist/apps/server/src/main.js');

export type LogLine = Readonly<Record<string, unknown>>;
export type Environment = Readonly<Record<string, string>>;

export interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface StartOptions {
  /** The command and its arguments, the built server as the container runs it when left out. */
  readonly command?: readonly string[];
  readonly environment?: Environment;
}

/** Generous: a shared machine may be busy. What has to be fast is measured where it is claimed. */
const patienceMs = 20_000;

const children = new Set<ServerProcess>();
const directories = new Set<string>();

export class ServerProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<End>;
  standardOutput = '';
  standardError = '';

  constructor({
    command = [process.execPath, '--min-semi-space-size=32', '--v8-pool-size=1', main],
    environment = {},
  }: StartOptions) {
    const [program = '', ...args] = command;
    this.child = spawn(program, args, {
      cwd: root,
      // Nothing of the environment of the tests may decide how the server behaves, nor another server.
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        COUNTERSIGN_METRICS_LISTEN: '127.0.0.1:0',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.standardOutput += text;
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.standardError += text;
    });
    this.ended = new Promise((resolve, reject) => {
      this.child.on('error', reject);
      this.child.on('close', (code, signal) => resolve({ code, signal }));
    });
    children.add(this);
  }

  get lines(): LogLine[] {
    return this.standardOutput
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as LogLine);
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** The first log line with this message, as soon as it is there. */
  async line(message: string): Promise<LogLine> {
    const isThere = (line: LogLine): boolean => line.message === message;
    await until(`the line "${message}"`, () => this.#wholeLines().some(isThere), this);
    return this.#wholeLines().find(isThere) as LogLine;
  }

  /** The log up to its last line break: what comes after it may be half a line. */
  #wholeLines(): LogLine[] {
    return this.standardOutput
      .split('\n')
      .slice(0, -1)
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as LogLine);
  }
}

export interface Server extends ServerProcess {
  readonly port: number;
  readonly url: string;
}

export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'countersign-test-'));
  directories.add(directory);
  return directory;
}

/** On a free port and in a directory of its own, listening. */
export async function startServer(options: StartOptions = {}): Promise<Server> {
  const environment = {
    COUNTERSIGN_LISTEN: '127.0.0.1:0',
    COUNTERSIGN_DATA_DIR: temporaryDirectory(),
    ...options.environment,
  };
  const server = new ServerProcess({ ...options, environment });
  const { port } = await server.line('listening');
  return Object.assign(server, { port: port as number, url: `http://127.0.0.1:${port as number}` });
}

/** For a start that is expected to end by itself. */
export async function startAndEnd(options: StartOptions): Promise<ServerProcess & { readonly end: End }> {
  const server = new ServerProcess(options);
  const end = await within(patienceMs, server.ended, 'the process to end');
  return Object.assign(server, { end });
}

/** Call it after each test. */
export async function endAll(): Promise<void> {
  for (const server of children) {
    if (server.isRunning) process.kill(-(server.child.pid as number), 'SIGKILL');
    await server.ended.catch(() => undefined);
  }
  children.clear();
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
  directories.clear();
}

export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  server?: ServerProcess,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await isSo())) {
    if (performance.now() > deadline || server?.isRunning === false) {
      throw new Error(`waited for ${what} in vain\n${server?.standardOutput}\n${server?.standardError}`);
    }
    await delay(10);
  }
}

export async function within<Value>(
  milliseconds: number,
  promise: Promise<Value>,
  what: string,
): Promise<Value> {
  const timer = new AbortController();
  const late = delay(milliseconds, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`waited ${milliseconds} ms for ${what} in vain`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    late.catch(() => undefined);
    timer.abort();
  }
}
