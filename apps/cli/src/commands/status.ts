import { existsSync } from 'node:fs';

import type { Call, Command } from '#cli/command.js';
import { exitCodes } from '#cli/exit-codes.js';
import type { Output } from '#cli/output.js';
import { isReady, runningOn, urlOf } from '#cli/running.js';
import { embeddedDirectoryOf, settingsOf } from '#cli/settings-of.js';
import type { EventMetadata } from '#event-log/event-log.js';
import { ReadLog } from '#event-log-sqlite/read-log.js';
import { keyFilePath } from '#key-store-sqlite/key-file.js';
import { countKeys } from '#key-store-sqlite/read-keys.js';
import { version } from '#server/version.js';

export const status: Command = {
  name: 'status',
  summary: 'Say whether a service runs, how far the log goes, and which master keys wrap how many keys.',
  way: 'beside',
  arguments: [],
  options: {},
  examples: [
    { line: 'status', meaning: 'For a person' },
    { line: 'status --json', meaning: 'For a script' },
  ],
  run: async (call) => {
    const found = await look(call);
    await call.output.answer(found, () => told(found, call.output));
    return exitCodes.done;
  },
};

interface Status {
  readonly version: string;
  readonly dataDirectory: string;
  readonly running: { readonly pid: number; readonly url: string; readonly ready: boolean } | null;
  readonly log: { readonly identity: string; readonly head: number; readonly lastEventAt: string | null };
  readonly keys: Readonly<Record<string, number>>;
  /** None is built yet. */
  readonly projections: readonly never[];
}

async function look(call: Call): Promise<Status> {
  const dataDirectory = embeddedDirectoryOf(call);
  const url = urlOf(settingsOf(call));
  const running = runningOn(dataDirectory);
  return {
    version,
    dataDirectory,
    running: running === null ? null : { ...running, url, ready: await isReady(url) },
    log: lookAtLog(dataDirectory),
    keys: existsSync(keyFilePath(dataDirectory)) ? Object.fromEntries(countKeys(dataDirectory)) : {},
    projections: [],
  };
}

function lookAtLog(directory: string): Status['log'] {
  const log = ReadLog.open(directory);
  try {
    const head = log.head();
    const [last] = log.after(head - 1);
    const lastEventAt = last === undefined ? null : (JSON.parse(last.metadata) as EventMetadata).time;
    return { identity: log.identity, head, lastEventAt };
  } finally {
    log.close();
  }
}

function told({ dataDirectory, running, log, keys }: Status, output: Output): string {
  const state =
    running === null
      ? 'no service runs on it'
      : `pid ${running.pid} has it; ${running.url} is ${running.ready ? 'ready' : 'not ready'}`;
  const count = Object.entries(keys).map(([id, number]) => `${number.toLocaleString('en')} by ${id}`);
  const rows = [
    ['version', version],
    ['data directory', dataDirectory],
    ['service', { text: state, colour: running?.ready === false ? ('yellow' as const) : ('green' as const) }],
    ['log head', `${log.head.toLocaleString('en')}, of ${log.lastEventAt ?? 'never'}`],
    ['log identity', log.identity],
    ['keys', count.join(', ') || 'none'],
  ];
  return output.table(['what', 'how it is'], rows);
}
