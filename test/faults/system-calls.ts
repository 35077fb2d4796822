// A disk that fails, by system calls that fail: strace answers them in the kernel's place.

import { spawnSync } from 'node:child_process';

export interface FailingCall {
  readonly call: 'fsync' | 'fdatasync' | 'pwrite64' | 'pread64' | 'ftruncate';
  readonly error: 'EIO' | 'ENOSPC' | 'EACCES' | 'EROFS';
  /** Which calls of one thread fail, as strace counts them: `7`, `7..9`, `7+`. */
  readonly when: string;
}

/** Why calls cannot be made to fail here; undefined where they can. */
export function lackingForFailingCalls(): string | undefined {
  if (process.platform !== 'linux') return 'system calls are made to fail by strace, which is for Linux';
  const trial = spawnSync('strace', [
    '-f',
    '--seccomp-bpf',
    '-e',
    'inject=fsync:error=EIO:when=9999',
    'true',
  ]);
  return trial.status === 0 ? undefined : 'strace is not here, or may not trace, to make the disk fail';
}

/** To be put before a command. `tracePath` gets what the process did with its files. */
export function failing({ call, error, when }: FailingCall, tracePath: string): readonly string[] {
  const inject = `inject=${call}:error=${error}:when=${when}`;
  return ['strace', '-f', '--seccomp-bpf', '-y', '-o', tracePath, '-e', `trace=${call},openat`, '-e', inject];
}

/** The same, with calls that are late instead. */
export function delaying(
  call: FailingCall['call'],
  milliseconds: number,
  tracePath: string,
): readonly string[] {
  const inject = `inject=${call}:delay_enter=${milliseconds * 1_000}`;
  return ['strace', '-f', '--seccomp-bpf', '-o', tracePath, '-e', `trace=${call}`, '-e', inject];
}
