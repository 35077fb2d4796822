import { mkdirSync, mkdtempSync, rmdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { StartRefusal } from '#server/start-refusal.js';

/** Makes it when it is missing, and tries to write: better now than at the first event. */
export function prepareDataDirectory(setting: string): string {
  const path = resolve(setting);
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    rmdirSync(mkdtempSync(join(path, '.writable-')));
    return path;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new StartRefusal(
      `COUNTERSIGN_DATA_DIR must be a directory that can be written: ${path} is not (${code})`,
      { cause: error },
    );
  }
}
