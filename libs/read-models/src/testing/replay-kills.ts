// Kills, one after the other, each at a place of its own; what was left is gone on with, and told, by the next process.

import { spawn } from 'node:child_process';
import { join } from 'node:path';

import type { ReplayProcessAsked, ReplayProcessTold } from '#read-models/testing/replay-process.js';

export interface ToldOfKill {
  readonly told: ReplayProcessTold;
  readonly signal: NodeJS.Signals | null;
  readonly errors: string;
}

const program = join(import.meta.dirname, 'replay-process.ts');

export function runReplayProcess(asked: ReplayProcessAsked): Promise<ToldOfKill> {
  const options = ['--conditions=development', '--no-warnings', program, JSON.stringify(asked)];
  const child = spawn(process.execPath, options, { stdio: ['ignore', 'pipe', 'pipe'], env: {} });
  let [text, errors] = ['', ''];
  child.stdout.on('data', (part: Buffer) => (text += part));
  child.stderr.on('data', (part: Buffer) => (errors += part));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (_, signal) => {
      if (text === '') reject(new Error(`it told nothing: ${signal} ${errors}`));
      else resolve({ told: JSON.parse(text) as ReplayProcessTold, signal, errors });
    });
  });
}
