// Room on the disk of the data directory, and how long it takes to make something durable there.

import { closeSync, existsSync, fdatasyncSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import { type Finding, fine, problem, warning } from '#cli/finding.js';

const mebibyte = 1024 * 1024;
/** The WAL of the log alone may take 128 MiB before it starts over. */
const needMebibytes = 256;
const wishMebibytes = 2_048;
const tries = 9;
/** An append waits for about two of them, and a call at most 10 s. */
const slowMs = 50;
/** No disk is as fast: it is memory, or a cache that forgets. */
const tooFastMs = 0.005;

export function diskFindings(directory: string): Finding[] {
  if (!existsSync(directory)) return [];
  return [spaceFinding(directory), syncFinding(directory)];
}

function spaceFinding(directory: string): Finding {
  const { bavail, bsize } = statfsSync(directory);
  const free = Math.floor((bavail * bsize) / mebibyte);
  const says = `${free.toLocaleString('en')} MiB are free`;
  if (free < needMebibytes)
    return problem('disk space', says, `make room: a service needs at least ${needMebibytes} MiB`);
  return free < wishMebibytes
    ? warning('disk space', says, 'make room before it is needed')
    : fine('disk space', says);
}

function syncFinding(directory: string): Finding {
  const path = join(directory, `.doctor-${process.pid}`);
  try {
    const median = medianSyncMs(path);
    const says = `an fsync takes ${median.toFixed(2)} ms`;
    if (median > slowMs)
      return warning('disk speed', says, 'appends wait for it: take a faster or local disk');
    if (median < tooFastMs)
      return warning('disk speed', says, 'no disk is as fast: is it memory, or a cache without a battery?');
    return fine('disk speed', says);
  } catch (error) {
    return problem(
      'disk',
      `it cannot be written (${(error as NodeJS.ErrnoException).code})`,
      'look at the disk',
    );
  } finally {
    rmSync(path, { force: true });
  }
}

function medianSyncMs(path: string): number {
  const file = openSync(path, 'w', 0o600);
  try {
    const bytes = Buffer.alloc(4_096, 1);
    const took = Array.from({ length: tries }, () => {
      writeSync(file, bytes);
      const started = performance.now();
      fdatasyncSync(file);
      return performance.now() - started;
    });
    return took.toSorted((left, right) => left - right)[Math.floor(tries / 2)] ?? 0;
  } finally {
    closeSync(file);
  }
}
