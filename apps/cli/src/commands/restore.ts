import { copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { type BackupList, readBackup } from '#cli/backup-files.js';
import type { Command } from '#cli/command.js';
import { notNow } from '#cli/command-failure.js';
import { exitCodes } from '#cli/exit-codes.js';
import type { Output } from '#cli/output.js';
import { assertWhole } from '#cli/proving.js';
import { refuseSharedKeys, settingsOf } from '#cli/settings-of.js';
import { takeLock } from '#cli/take-lock.js';
import { ReadLog } from '#event-log-sqlite/read-log.js';
import { SqliteKeyStore } from '#key-store-sqlite/sqlite-key-store.js';
import { unfinishedRestore } from '#server/data-directory.js';
import { syncPath, writeDurably } from '#server/durable-files.js';

const lockFile = /^events\.lock(-journal)?$/;
/** As many as the store takes in one transaction. */
const erasedAtATime = 250;

export const restore: Command = {
  name: 'restore',
  summary: 'Make a data directory of a backup, and prove it. The directory must be empty.',
  details:
    'Whoever the log says was erased is erased again. Read models are made anew by the first start; until they have come to the end of the log, queries say not-yet. A restore that is cut short is run again; until it is finished, no service starts on the directory.',
  way: 'offline',
  arguments: [{ name: 'backup', meaning: 'The directory of the backup.', completes: 'directory' }],
  options: {},
  examples: [
    {
      line: 'restore /backup/2026-11-21 --data-dir ./data',
      meaning: 'Into an empty directory, or one to be made',
    },
  ],
  run: async (call) => {
    const { given, output } = call;
    refuseSharedKeys(call);
    const { eventLog, dataDirectory } = settingsOf(call);
    if (eventLog.engine !== 'embedded')
      throw notNow('only an embedded log is restored', 'leave COUNTERSIGN_EVENT_LOG out');
    const source = resolve(given.argument(0));
    const directory = resolve(dataDirectory);
    const list = await readBackup(source);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const lock = takeLock(directory, 'stop the service, or name an empty directory by --data-dir');
    try {
      clear(directory);
      copyFiles(source, directory, list);
      assertWhole(output, directory, 'take another backup');
      const erased = await eraseAgain(directory);
      rmSync(join(directory, unfinishedRestore));
      syncPath(directory);
      await tell(output, { directory, list, erased });
      return exitCodes.done;
    } finally {
      lock.release();
    }
  },
};

/** Of nothing but what a restore left that was cut short. */
function clear(directory: string): void {
  const names = readdirSync(directory).filter((name) => !lockFile.test(name));
  if (names.length > 0 && !names.includes(unfinishedRestore))
    throw notNow(
      `${directory} is not empty: it has ${names.slice(0, 3).join(', ')}`,
      'move it away, or name an empty directory by --data-dir',
    );
  writeDurably(join(directory, unfinishedRestore), 'countersign restore is at work here, or was cut short\n');
  syncPath(directory);
  for (const name of names)
    if (name !== unfinishedRestore) rmSync(join(directory, name), { recursive: true });
}

function copyFiles(source: string, directory: string, { files }: BackupList): void {
  for (const { name } of files) {
    copyFileSync(join(source, name), join(directory, name));
    syncPath(join(directory, name));
  }
  syncPath(directory);
}

/** The backup of the keys is no older than that of the log; but nobody is to depend on that. */
async function eraseAgain(directory: string): Promise<number> {
  const streams = erasedIn(directory);
  if (streams.length === 0) return 0;
  const store = await SqliteKeyStore.open({ directory });
  try {
    let erased = 0;
    for (let at = 0; at < streams.length; at += erasedAtATime) {
      const some = streams.slice(at, at + erasedAtATime);
      const were = await Promise.all(some.map((stream) => store.erase(stream)));
      erased += were.filter(Boolean).length;
    }
    return erased;
  } finally {
    await store.close();
  }
}

function erasedIn(directory: string): string[] {
  const log = ReadLog.open(directory);
  try {
    const streams = new Set<string>();
    for (const { type, stream } of log.after(0)) if (type === 'user.erased') streams.add(stream);
    return [...streams];
  } finally {
    log.close();
  }
}

interface Restored {
  readonly directory: string;
  readonly list: BackupList;
  readonly erased: number;
}

async function tell(output: Output, { directory, list, erased }: Restored): Promise<void> {
  const { events, head, madeAt, keys, files } = list;
  const masterKeys = Object.keys(keys);
  const hasMasterKeys = files.some(({ name }) => name === 'master.key');
  await output.answer({ directory, events, head, madeAt, masterKeys, erasedAgain: erased }, () => {
    const again = erased === 0 ? '' : `, and erased ${erased} users again`;
    const done = `restored ${events} events up to position ${head} of ${madeAt} into ${directory}, proved${again}\nread models are made anew from the log by the first start`;
    if (hasMasterKeys) return done;
    return `${done}\na service on it needs the master keys ${masterKeys.join(', ')} (COUNTERSIGN_MASTER_KEY_FILE, or master.key in the directory)`;
  });
}
