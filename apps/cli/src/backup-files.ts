// What a backup is: the files of the embedded log and of the keys as they were at one moment, and a list that says
// what they hold.

import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { CommandFailure } from '#cli/command-failure.js';

export const listFile = 'backup.json';
/** What it always holds, in the order in which it is restored: without the mark the log is not opened. */
export const logFiles = ['keys.db', 'events.db', 'events.head'] as const;
export const masterKeyFile = 'master.key';

export interface BackupFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface BackupList {
  readonly countersign: 'backup';
  readonly version: 1;
  readonly madeAt: string;
  readonly madeBy: string;
  readonly identity: string;
  readonly events: number;
  readonly head: string;
  readonly keys: Readonly<Record<string, number>>;
  readonly files: readonly BackupFile[];
}

export async function fileOf(directory: string, name: string): Promise<BackupFile> {
  const path = join(directory, name);
  const hash = createHash('sha256');
  for await (const part of createReadStream(path)) hash.update(part as Buffer);
  return { name, bytes: statSync(path).size, sha256: hash.digest('hex') };
}

/** Throws `CommandFailure` where it is none, or not whole. */
export async function readBackup(directory: string): Promise<BackupList> {
  const list = readList(directory);
  for (const file of list.files) {
    const found = await fileOf(directory, file.name).catch(() => null);
    if (found?.sha256 !== file.sha256)
      throw notWhole(`${join(directory, file.name)} is not the file that was backed up`);
  }
  return list;
}

function readList(directory: string): BackupList {
  const path = join(directory, listFile);
  try {
    const list = JSON.parse(readFileSync(path, 'utf8')) as BackupList;
    if (list.countersign === 'backup' && list.version === 1 && namesPlainFiles(list)) return list;
  } catch (error) {
    if (!(error instanceof SyntaxError) && (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  throw notWhole(`${directory} is no backup: it has no ${listFile} of this version`);
}

const knownFiles: readonly string[] = [...logFiles, masterKeyFile];

function namesPlainFiles({ files }: BackupList): boolean {
  return files.every(({ name }) => knownFiles.includes(name));
}

const notWhole = (message: string): CommandFailure =>
  new CommandFailure({
    kind: 'notInOrder',
    message,
    advice: 'take another backup; nothing was restored',
    code: 'not-a-backup',
  });
