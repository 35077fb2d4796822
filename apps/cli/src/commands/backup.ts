import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import { type BackupList, fileOf, listFile, logFiles, masterKeyFile } from '#cli/backup-files.js';
import type { Call, Command } from '#cli/command.js';
import { notNow } from '#cli/command-failure.js';
import { exitCodes } from '#cli/exit-codes.js';
import { assertWhole } from '#cli/proving.js';
import { embeddedDirectoryOf, refuseSharedKeys, settingsOf } from '#cli/settings-of.js';
import { type Copied, copyLog } from '#event-log-sqlite/copy-log.js';
import { copyKeys, countKeys } from '#key-store-sqlite/read-keys.js';
import { syncPath, writeDurably } from '#server/durable-files.js';
import { version } from '#server/version.js';

/** What SQLite puts beside a file that it only read: nothing is in them. */
const besideDatabases = ['keys.db', 'events.db'].flatMap((name) => [`${name}-wal`, `${name}-shm`]);

export const backup: Command = {
  name: 'backup',
  summary: 'Copy the log and the keys as they are at one moment, and prove the copy.',
  details:
    'The log first, then the keys, so that no event lacks its key. Master keys and access tokens are not in it: keep them elsewhere. Nor are read models, which the first start on it makes anew from the log. Under its name it is whole, or it is not there.',
  way: 'beside',
  arguments: [{ name: 'directory', meaning: 'Where to, which must not be there.', completes: 'directory' }],
  options: {
    'with-master-key': {
      meaning: 'With the file of the master keys: whoever has the backup can then open all of it.',
    },
  },
  examples: [
    { line: 'backup /backup/2026-11-21', meaning: 'While the service runs' },
    { line: 'backup /backup/2026-11-21 --json', meaning: 'What was backed up, for a script' },
  ],
  run: async (call) => {
    const { given, output } = call;
    const target = resolve(given.argument(0));
    refuseSharedKeys(call);
    const directory = embeddedDirectoryOf(call);
    if (existsSync(target)) throw notNow(`${target} is there already`, 'name a directory that is not there');
    const unfinished = `${target}.unfinished`;
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished, { recursive: true, mode: 0o700 });
    const copied = await copyAll(call, directory, unfinished);
    assertWhole(output, unfinished, 'countersign events verify says where the log itself is damaged');
    const list = await listOf(call, unfinished, copied);
    for (const name of besideDatabases) rmSync(join(unfinished, name), { force: true });
    writeDurably(join(unfinished, listFile), `${JSON.stringify(list, null, 2)}\n`);
    syncPath(unfinished);
    renameSync(unfinished, target);
    syncPath(dirname(target));
    await output.answer({ directory: target, ...list }, () => toldOf(call, target, list));
    return exitCodes.done;
  },
};

async function copyAll(call: Call, directory: string, to: string): Promise<Copied> {
  const bar = call.output.progress('copy');
  try {
    const onProgress = (done: number, total: number) => bar.show(done, total);
    const copied = await copyLog({ directory, to, onProgress });
    await copyKeys({ directory, to });
    if (call.given.flag('with-master-key')) copyMasterKey(call, directory, to);
    return copied;
  } finally {
    bar.end();
  }
}

function copyMasterKey(call: Call, directory: string, to: string): void {
  const from = settingsOf(call).masterKeyFile ?? join(directory, masterKeyFile);
  if (!existsSync(from))
    throw notNow(`there is no file of master keys ${from}`, 'COUNTERSIGN_MASTER_KEY_FILE names it');
  copyFileSync(from, join(to, masterKeyFile));
  syncPath(join(to, masterKeyFile));
}

async function listOf(call: Call, directory: string, copied: Copied): Promise<BackupList> {
  const names = call.given.flag('with-master-key') ? [...logFiles, masterKeyFile] : logFiles;
  return {
    countersign: 'backup',
    version: 1,
    madeAt: new Date().toISOString(),
    madeBy: version,
    ...copied,
    keys: Object.fromEntries(countKeys(directory)),
    files: await Promise.all(names.map((name) => fileOf(directory, name))),
  };
}

function toldOf(call: Call, target: string, { events, head, keys, files }: BackupList): string {
  const counts = Object.entries(keys).map(([id, count]) => `${count} by the master key ${id}`);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const master = call.given.flag('with-master-key')
    ? 'the master keys are in it: whoever has it can open all of it'
    : 'the master keys are not in it: nobody can open what is sealed without them';
  return `backed up ${events} events up to position ${head} and their keys (${counts.join(', ')}): ${bytes.toLocaleString('en')} bytes in ${target}, proved\n${master}\nread models are not in it: the first start makes them anew from the log`;
}
