// The thread that hashes, one job after the other. What else the process does goes first.

import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';

import { type HashJob, workOff } from '#secrets/hash-work.js';

export interface HashReply {
  /** Null where the stored hash cannot be read. What it is instead is not told. */
  readonly told: string | boolean | null;
  /** Of the time that it took, the part in which it had a processor: less than all where others went first. */
  readonly share: number;
}

/** A tenth of the weight of the others: they hardly notice, and hashing never stands still (ADR 0044). */
const niceness = 10;

// On Linux it is of the thread that asks; elsewhere it would be of the whole process.
if (process.platform === 'linux') setPriority(niceness);

parentPort?.on('message', (job: HashJob) => parentPort?.postMessage(replyTo(job)));

function replyTo(job: HashJob): HashReply {
  const [started, before] = [performance.now(), process.threadCpuUsage()];
  const told = toldBy(job);
  const [tookMs, { user, system }] = [performance.now() - started, process.threadCpuUsage(before)];
  return { told, share: tookMs < measurableMs ? 1 : (user + system) / 1_000 / tookMs };
}

/** Processor time is counted in ticks of some milliseconds. */
const measurableMs = 10;

function toldBy(job: HashJob): HashReply['told'] {
  try {
    return workOff(job);
  } catch {
    return null;
  }
}
