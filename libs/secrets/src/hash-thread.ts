// The thread that hashes, one job after the other. What else the process does goes first.

import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';

import { type HashJob, workOff } from '#secrets/hash-work.js';

/** Null where the stored hash cannot be read. What it is instead is not told. */
export type HashReply = string | boolean | null;

/** A tenth of the weight of the others: they hardly notice, and hashing never stands still (ADR 0044). */
const niceness = 10;

// On Linux it is of the thread that asks; elsewhere it would be of the whole process.
if (process.platform === 'linux') setPriority(niceness);

parentPort?.on('message', (job: HashJob) => parentPort?.postMessage(replyTo(job)));

function replyTo(job: HashJob): HashReply {
  try {
    return workOff(job);
  } catch {
    return null;
  }
}
