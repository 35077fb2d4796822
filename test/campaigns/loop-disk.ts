// A disk that can lose its power: ext4 on a loop device, shut down by the file system's own ioctl without
// writing its journal out, so that what no fsync brought to the disk is gone.

import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';

/** EXT4_IOC_SHUTDOWN = _IOR('X', 125, __u32); 2 = EXT4_GOING_FLAGS_NOLOGFLUSH. */
const shutDown = `
import fcntl, os, struct, sys
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587D, struct.pack('I', 2))
`;

const programs = {
  'mkfs.ext4': ['-V'],
  losetup: ['--version'],
  mount: ['--version'],
  python3: ['--version'],
};

/** What this machine lacks for it, in words; undefined where nothing is missing. */
export function lackingForLoopDisk(): string | undefined {
  if (process.platform !== 'linux') return 'Linux: the disk is ext4 on a loop device';
  if (process.getuid?.() !== 0) return 'root: it mounts a disk of its own';
  const missing = Object.entries(programs)
    .filter(([program, args]) => spawnSync(program, args).status !== 0)
    .map(([program]) => program);
  if (missing.length > 0) return `these programs: ${missing.join(', ')}`;
  return spawnSync('losetup', ['--find']).status === 0 ? undefined : 'a free loop device';
}

export class LoopDisk {
  /** Where it is mounted. */
  readonly path: string;
  readonly #device: string;

  /** In a directory of its own, on a disk that is left alone. */
  constructor(directory: string, mebibytes: number) {
    const image = join(directory, 'disk.img');
    const file = openSync(image, 'w');
    ftruncateSync(file, mebibytes * 1024 * 1024);
    closeSync(file);
    run('mkfs.ext4', '-q', '-F', image);
    this.#device = run('losetup', '--find', '--show', image).trim();
    this.path = join(directory, 'mounted');
    mkdirSync(this.path);
    this.#mount();
  }

  /** From now on nothing reaches it, and every write and fsync fails. */
  losePower(): void {
    run('python3', '-c', shutDown, this.path);
  }

  /** As after a power loss: what stands on it is what its journal brings back. */
  restart(): void {
    run('umount', this.path);
    this.#mount();
  }

  dispose(): void {
    run('umount', this.path);
    run('losetup', '--detach', this.#device);
  }

  #mount(): void {
    run('mount', '-t', 'ext4', this.#device, this.path);
  }
}

function run(program: string, ...args: readonly string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
