import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readdirSync, readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import type { Worker } from 'node:worker_threads';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { HashThreadEnded, HashThreads } from '#secrets/hash-threads.js';

const job = {
  kind: 'hash',
  text: 'canary',
  parameters: { memoryKibibytes: 8, passes: 1, parallelism: 1 },
} as const;

const tasks = '/proc/self/task';

let started: Worker[];
const note = (message: unknown): void => {
  started.push((message as { worker: Worker }).worker);
};
beforeEach(() => {
  started = [];
  subscribe('worker_threads', note);
});
afterEach(() => {
  unsubscribe('worker_threads', note);
});

describe('threads that hash', () => {
  it('are started when they are needed, and used again', async () => {
    const threads = new HashThreads();
    expect(started).toHaveLength(0);
    await Promise.all([threads.run(job), threads.run(job)]);
    await threads.run(job);
    await Promise.all([threads.run(job), threads.run(job)]);
    expect(started).toHaveLength(2);
  });

  it('tell what they were asked, and whether it could be read', async () => {
    const threads = new HashThreads();
    const { told } = await threads.run(job);
    const verify = { kind: 'verify', stored: String(told) } as const;
    expect(await threads.run({ ...verify, text: 'canary' })).toMatchObject({ told: true });
    expect(await threads.run({ ...verify, text: 'other' })).toMatchObject({ told: false });
    expect(await threads.run({ ...verify, stored: 'none', text: 'other' })).toMatchObject({ told: null });
  });

  it('that end while they hash fail what they were asked, without a word of it, and others take their place', async () => {
    const threads = new HashThreads();
    await threads.run(job);
    const long = threads.run({ ...job, parameters: { memoryKibibytes: 65_536, passes: 8, parallelism: 1 } });
    const failing = long.catch((error: unknown) => error);
    await started[0]?.terminate();
    const failure = await failing;
    expect(failure).toBeInstanceOf(HashThreadEnded);
    expect(inspect(failure, { depth: null, showHidden: true })).not.toContain('canary');
    expect((await threads.run(job)).told).toMatch(/^\$argon2id/);
    expect(started).toHaveLength(2);
  });

  it('that end while they wait are not asked again', async () => {
    const threads = new HashThreads();
    await threads.run(job);
    await started[0]?.terminate();
    expect((await threads.run(job)).told).toMatch(/^\$argon2id/);
    expect(started).toHaveLength(2);
  });

  const onLinux = process.platform === 'linux' ? it : it.skip;
  onLinux('go after whatever else the process does [gap: only Linux has this for a thread]', async () => {
    const threads = new HashThreads();
    const before = new Set(readdirSync(tasks));
    await threads.run(job);
    const begun = readdirSync(tasks).filter((task) => !before.has(task));
    const own = nicenessIn('/proc/self/stat');
    expect(begun.map((task) => nicenessIn(`${tasks}/${task}/stat`))).toContain(own + 10);
  });
});

/** Of each thread of this process: proc(5), the 17th field after the name. */
const nicenessIn = (path: string) =>
  Number(
    readFileSync(path, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')[16],
  );
