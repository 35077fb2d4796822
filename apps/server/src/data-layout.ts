// Which layout the files of a data directory have. Each file proves its own form besides; this says it of all of them
// before any is opened, so that a directory of a later release is not taken for a damaged one, nor read by half.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { replaceWhole, syncPath } from '#server/durable-files.js';

export const layoutFile = 'layout';

/** Moves with every release whose files an earlier one would misread. One that has no note is of before there were notes. */
const layout = 1;
const noteForm = /^countersign-layout ([1-9]\d{0,8})\n$/;

export interface LayoutProblem {
  readonly says: string;
  /** What to do about it. */
  readonly advice: string;
}

/** Null where this release may use the directory. */
export function layoutProblem(directory: string): LayoutProblem | null {
  const path = join(directory, layoutFile);
  const text = textOf(path);
  if (text === null) return null;
  const found = Number(noteForm.exec(text)?.[1]);
  if (Number.isNaN(found))
    return {
      says: `${path} does not say which layout the directory has`,
      advice:
        'remove that file if no later release ever ran here, or restore a backup into an empty directory',
    };
  if (found <= layout) return null;
  return {
    says: `${directory} has layout ${found}, of a later release, and this one knows up to ${layout}`,
    advice: 'run that release, or restore a backup of this one into an empty directory',
  };
}

/** By whoever has the directory to itself, once it is of this layout. Durable when it returns. */
export function noteLayout(directory: string): void {
  const path = join(directory, layoutFile);
  const note = `countersign-layout ${layout}\n`;
  if (textOf(path) === note) return;
  replaceWhole(path, note);
  syncPath(directory);
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
