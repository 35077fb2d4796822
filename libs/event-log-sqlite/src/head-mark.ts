// The head mark: how far the log was acknowledged, kept outside the log's own file. SQLite drops every
// WAL frame after the first bad one without a word; with the mark, a log that ends too early is found out.
// It is made durable after the commit and before the acknowledgement, so it is never ahead of the log.

import { hash } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

export interface Mark {
  readonly identity: string;
  readonly position: number;
  /** The link of the row at that position. */
  readonly link: string;
}

/** Two slots, written in turn and a page apart: a write that is torn leaves the other one whole. */
const slotCount = 2;
const slotSpacingBytes = 4096;
const slotBytes = 512;

export class HeadMark {
  readonly #file: number;
  #next: number;
  #mark: Mark;

  private constructor(file: number, mark: Mark, next: number) {
    this.#file = file;
    this.#mark = mark;
    this.#next = next;
  }

  /** Under its name it is whole from the first moment: half a mark would pass for a damaged one. */
  static create(path: string, mark: Mark): HeadMark {
    const unfinished = `${path}.new`;
    const file = openSync(unfinished, constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC, 0o600);
    ftruncateSync(file, slotCount * slotSpacingBytes);
    for (let slot = 0; slot < slotCount; slot += 1) writeSlot(file, slot, mark);
    fsyncSync(file);
    renameSync(unfinished, path);
    syncDirectory(dirname(path));
    return new HeadMark(file, mark, 0);
  }

  /** Null when there is no mark that can be read. */
  static open(path: string): HeadMark | null {
    const slots = readSlots(path);
    const newest = slots === 'missing' ? null : newestOf(slots);
    if (slots === 'missing' || newest === null) return null;
    const file = openSync(path, constants.O_RDWR);
    return new HeadMark(file, newest, slots.indexOf(newest) === 0 ? 1 : 0);
  }

  get mark(): Mark {
    return this.#mark;
  }

  /** Durable when it returns. */
  moveTo(position: number, link: string): void {
    const mark = { identity: this.#mark.identity, position, link };
    writeSlot(this.#file, this.#next, mark);
    fdatasyncSync(this.#file);
    this.#next = 1 - this.#next;
    this.#mark = mark;
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** `missing`: there is no such file. `null`: there is one, and neither slot can be read. */
export function readMark(path: string): Mark | 'missing' | null {
  const slots = readSlots(path);
  return slots === 'missing' ? 'missing' : newestOf(slots);
}

function readSlots(path: string): (Mark | null)[] | 'missing' {
  if (!existsSync(path)) return 'missing';
  const file = openSync(path, constants.O_RDONLY);
  try {
    return Array.from({ length: slotCount }, (_, slot) => {
      const bytes = Buffer.alloc(slotBytes);
      readSync(file, bytes, 0, slotBytes, slot * slotSpacingBytes);
      return parse(bytes.toString('latin1'));
    });
  } finally {
    closeSync(file);
  }
}

function newestOf(slots: readonly (Mark | null)[]): Mark | null {
  return slots.reduce<Mark | null>((newest, slot) => {
    if (slot === null) return newest;
    return newest === null || slot.position > newest.position ? slot : newest;
  }, null);
}

function writeSlot(file: number, slot: number, mark: Mark): void {
  const text = `countersign-head ${mark.identity} ${mark.position} ${mark.link}`;
  const line = `${text} ${hash('sha256', text, 'base64url')}\n`;
  const bytes = Buffer.alloc(slotBytes, ' ');
  bytes.write(line, 'latin1');
  const written = writeSync(file, bytes, 0, slotBytes, slot * slotSpacingBytes);
  if (written !== slotBytes) throw new Error(`the head mark was cut short: ${written} of ${slotBytes} bytes`);
}

function parse(text: string): Mark | null {
  const match = /^(countersign-head (\S+) (\d+) (\S+)) (\S+)\n/.exec(text);
  if (match === null) return null;
  const [, content, identity, position, link, sum] = match as unknown as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  if (hash('sha256', content, 'base64url') !== sum) return null;
  return { identity, position: Number(position), link };
}

/** Windows can't open a directory, and keeps its entries without being asked. */
export function syncDirectory(path: string): void {
  if (process.platform === 'win32') return;
  const directory = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
