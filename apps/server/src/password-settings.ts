// What the settings say of passwords, with the blocklist read, so that a mistake is found before anybody is let in.

import { readFileSync, statSync } from 'node:fs';

import { Blocklist } from '#secrets/blocklist.js';
import type { PasswordOptions } from '#secrets/passwords.js';
import { type Settings, settingsTable } from '#server/settings.js';
import { StartRefusal } from '#server/start-refusal.js';

export type PasswordSettings = Required<Pick<PasswordOptions, 'workFactor' | 'blocklist'>>;

/** More than any list that is about, and as much as one text of Node holds with room to spare. */
const blocklistBytesMax = 256 * 2 ** 20;

export function readPasswordSettings({
  passwordHash,
  passwordBlocklist,
}: Pick<Settings, 'passwordHash' | 'passwordBlocklist'>): PasswordSettings {
  const blocklist = passwordBlocklist === null ? null : readBlocklist(passwordBlocklist);
  return { workFactor: passwordHash, blocklist };
}

function readBlocklist(path: string): Blocklist {
  const blocklist = Blocklist.read(read(path));
  if (blocklist === null) throw refusal(path, 'is not UTF-8');
  if (blocklist.size === 0) throw refusal(path, 'has no passwords in it');
  return blocklist;
}

function read(path: string): Buffer {
  try {
    if (statSync(path).size > blocklistBytesMax)
      throw refusal(path, `has more than ${blocklistBytesMax} bytes`);
    return readFileSync(path);
  } catch (error) {
    if (error instanceof StartRefusal) throw error;
    throw refusal(path, 'cannot be read', error);
  }
}

const refusal = (path: string, problem: string, cause?: unknown): StartRefusal =>
  new StartRefusal(`${settingsTable.passwordBlocklist.name}: ${path} ${problem}`, { cause });
