// Small files that are still there after a power loss. What is written is readable by its owner alone.

import { closeSync, fsyncSync, openSync, renameSync, statSync, writeFileSync } from 'node:fs';

/** Durable when it returns. `wx` refuses a file that is there. */
export function writeDurably(path: string, text: string, flags: 'w' | 'wx' = 'w'): void {
  const file = openSync(path, flags, 0o600);
  try {
    // A single write may take only a part of it, as on a disk that is nearly full.
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Whoever reads it meanwhile, or after a power loss, sees the old text or the new one, each of them whole. */
export function replaceWhole(path: string, text: string): void {
  writeDurably(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

/** A file that was copied, or the entries of a directory. */
export function syncPath(path: string): void {
  // Windows opens no directory, and keeps its entries without being asked.
  if (process.platform === 'win32' && statSync(path).isDirectory()) return;
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
