import { existsSync, mkdirSync, mkdtempSync, rmdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import { layoutProblem } from '#server/data-layout.js';
import { StartRefusal } from '#server/start-refusal.js';

/** Stands in a directory while a backup is restored into it. */
export const unfinishedRestore = 'restore.unfinished';

/** Makes it when it is missing, and tries to write: better now than at the first event. */
export function prepareDataDirectory(setting: string): string {
  const path = resolve(setting);
  if (existsSync(join(path, unfinishedRestore)))
    throw new StartRefusal(
      `COUNTERSIGN_DATA_DIR: a restore into ${path} was cut short: run countersign restore again`,
    );
  try {
    makeDirectory(path);
    rmdirSync(mkdtempSync(join(path, '.writable-')));
    const problem = layoutProblem(path);
    if (problem !== null) throw new StartRefusal(`COUNTERSIGN_DATA_DIR: ${problem.says}: ${problem.advice}`);
    return path;
  } catch (error) {
    if (error instanceof StartRefusal) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new StartRefusal(
      `COUNTERSIGN_DATA_DIR must be a directory that can be written: ${path} is not (${code})`,
      { cause: error },
    );
  }
}

/** Not by `recursive`, which tries for ever below a directory that says it is not there, such as /proc. */
function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    makeDirectory(dirname(path));
    mkdirSync(path, { mode: 0o700 });
  }
}
