// A disk that can be filled to the last page and emptied again: a tmpfs of its own.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class SmallDisk {
  readonly path: string;
  readonly #filler: string;

  constructor(kib: number) {
    this.path = mkdtempSync(join(tmpdir(), 'countersign-small-disk-'));
    this.#filler = join(this.path, 'filler');
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kib}k`, 'tmpfs', this.path]);
  }

  /** Another's file takes everything but this much. */
  fill(leaveKib: number): void {
    this.empty();
    const { bavail, bsize } = statfsSync(this.path);
    const bytes = Math.max(0, bavail * bsize - leaveKib * 1_024);
    try {
      writeFileSync(this.#filler, Buffer.alloc(bytes));
    } catch (error) {
      // The log took space meanwhile: then nothing is left, which is a level too.
      if ((error as { code?: unknown }).code !== 'ENOSPC') throw error;
    }
  }

  empty(): void {
    rmSync(this.#filler, { force: true });
  }

  isFull(): boolean {
    return statfsSync(this.path).bavail < 2;
  }

  unmount(): void {
    execFileSync('umount', ['--lazy', this.path]);
    rmdirSync(this.path);
  }
}

/** Why there can be no such disk here; undefined where there can. */
export function lackingForSmallDisk(): string | undefined {
  if (process.platform !== 'linux') return 'the disk to be filled is a tmpfs, which is for Linux';
  if (process.getuid?.() !== 0) return 'only root may mount the disk that is to be filled';
  const path = mkdtempSync(join(tmpdir(), 'countersign-small-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', path]).status === 0;
  if (mounted) execFileSync('umount', ['--lazy', path]);
  rmdirSync(path);
  return mounted ? undefined : 'this machine does not let root mount a disk to be filled';
}
