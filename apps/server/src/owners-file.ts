// A file of secrets, which others than its owner must not be able to read.

import { readFileSync, statSync } from 'node:fs';

import { StartRefusal } from '#server/start-refusal.js';

const othersCanRead = 0o077;

/** @param setting what names the file */
export function readOwnersFile(setting: string, path: string): string {
  try {
    const { mode } = statSync(path);
    if (process.platform !== 'win32' && (mode & othersCanRead) !== 0)
      throw new StartRefusal(`${setting}: ${path} must be readable by its owner only (chmod 600)`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof StartRefusal) throw error;
    throw new StartRefusal(`${setting}: ${path} cannot be read`, { cause: error });
  }
}
