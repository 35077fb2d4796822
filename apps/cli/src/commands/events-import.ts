import { createReadStream, mkdirSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

import type { Call, Command } from '#cli/command.js';
import { CommandFailure, notNow } from '#cli/command-failure.js';
import { firstLine, parseLine, Summing } from '#cli/event-lines.js';
import { exitCodes } from '#cli/exit-codes.js';
import type { ProgressBar } from '#cli/progress-bar.js';
import { refuseSharedKeys, settingsOf } from '#cli/settings-of.js';
import { EventLogError } from '#event-log/errors.js';
import { type ImportedRow, importLog } from '#event-log-sqlite/import-log.js';
import { SqliteKeyStore } from '#key-store-sqlite/sqlite-key-store.js';
import type { KeyStore, WrappedKey } from '#secrets/key-store.js';

/** They are made durable together. */
const keysAtATime = 250;

export const eventsImport: Command = {
  name: 'events import',
  summary: 'Make the log of a data directory of an export. The log must be empty.',
  details:
    'All of it or nothing: an import that is cut short leaves the log empty, and is simply run again. Positions, revisions, ids and metadata are those of the export; the identity of the log is a new one, so that nothing takes it for the other.',
  way: 'offline',
  arguments: [
    { name: 'file', meaning: 'What events export wrote; - for standard input.', completes: 'file' },
  ],
  options: {},
  examples: [
    { line: 'events import events.jsonl --data-dir ./new', meaning: 'Into a new data directory' },
    { line: 'events import - --data-dir ./new < everything.jsonl', meaning: 'From standard input' },
  ],
  run: async (call) => {
    const { given, output } = call;
    const directory = directoryOf(call);
    const bar = output.progress('import');
    const path = given.argument(0);
    const lines = new ExportLines(path, bar);
    try {
      const { events } = await importLog({
        directory,
        rows: lines.rows(),
        beforeCommit: () => keepKeys(directory, lines.keys),
      });
      bar.end();
      const answer = { events, keys: lines.keys.length, masterKeys: masterKeysOf(lines.keys) };
      await output.answer(answer, () => toldOf(answer));
      return exitCodes.done;
    } catch (error) {
      if (!(error instanceof EventLogError) || error.code !== 'unavailable') throw error;
      throw notNow(error.message, 'stop the service, or name a new directory by --data-dir', error);
    } finally {
      bar.end();
    }
  },
};

function directoryOf(call: Call): string {
  refuseSharedKeys(call);
  const { eventLog, dataDirectory } = settingsOf(call);
  if (eventLog.engine !== 'embedded')
    throw notNow('only an embedded log is imported into', 'leave COUNTERSIGN_EVENT_LOG out');
  const directory = resolve(dataDirectory);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return directory;
}

/** The lines of an export, held against its last one when all were seen. */
class ExportLines {
  readonly keys: WrappedKey[] = [];
  readonly #path: string;
  readonly #bar: ProgressBar;
  readonly #erased = new Set<string>();
  readonly #sum = new Summing();
  readonly #revisions = new Map<string, number>();
  #number = 0;
  #isWhole = false;

  constructor(path: string, bar: ProgressBar) {
    this.#path = path;
    this.#bar = bar;
  }

  async *rows(): AsyncGenerator<ImportedRow> {
    const isFile = this.#path !== '-';
    const input = isFile ? createReadStream(this.#path) : process.stdin;
    const bytes = isFile ? statSync(this.#path).size : 0;
    let read = 0;
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      this.#number += 1;
      const row = this.#take(line);
      if (row !== null) yield row;
      read += line.length + 1;
      if (isFile) this.#bar.show(read, bytes);
    }
    if (!this.#isWhole)
      throw this.#refusal('the export ends before its last line: it was cut short', 'export again');
  }

  /** Null for a line that is no event. */
  #take(line: string): ImportedRow | null {
    if (this.#number === 1) return this.#begin(line);
    if (this.#isWhole) throw this.#refusal('there is something after the last line');
    const parsed = parseLine(line);
    if (parsed === null) throw this.#refusal('is not what an export writes');
    if (parsed.kind === 'end') return this.#end(line);
    this.#sum.add(line);
    if (parsed.kind === 'key') return this.#takeKey(parsed.key);
    const { row } = parsed;
    this.#sum.counts.events += 1;
    const revision = (this.#revisions.get(row.stream) ?? -1) + 1;
    if (row.position !== this.#sum.counts.events || row.revision !== revision)
      throw this.#refusal('does not follow the lines before it');
    this.#revisions.set(row.stream, revision);
    if (row.type === 'user.erased') this.#erased.add(row.stream);
    return row;
  }

  #begin(line: string): null {
    if (line !== firstLine) throw this.#refusal('is not the first line of an export of this version');
    this.#sum.add(line);
    return null;
  }

  #takeKey(key: WrappedKey): null {
    this.#sum.counts.keys += 1;
    if (!this.#erased.has(key.subject)) this.keys.push(key);
    return null;
  }

  #end(line: string): null {
    if (line !== this.#sum.lastLine())
      throw this.#refusal('says that the lines before it are others than were exported', 'export again');
    this.#isWhole = true;
    return null;
  }

  #refusal(problem: string, advice = 'nothing was imported'): CommandFailure {
    const message = `${this.#path === '-' ? 'standard input' : this.#path}, line ${this.#number}: ${problem}`;
    return new CommandFailure({ kind: 'notInOrder', message, advice, code: 'not-an-export' });
  }
}

/** Durable before the events that they seal. Those of an import that was cut short are there already. */
async function keepKeys(directory: string, keys: readonly WrappedKey[]): Promise<void> {
  if (keys.length === 0) return;
  const store = await SqliteKeyStore.open({ directory });
  try {
    for (let from = 0; from < keys.length; from += keysAtATime)
      await Promise.all(keys.slice(from, from + keysAtATime).map((key) => keepKey(store, key)));
  } finally {
    await store.close();
  }
}

async function keepKey(store: KeyStore, key: WrappedKey): Promise<void> {
  if (await store.add(key)) return;
  const there = await store.get(key.subject);
  if (there?.keyId === key.keyId) return;
  throw notNow(
    'keys.db in the data directory has other keys than the export',
    'name a new directory by --data-dir',
  );
}

const masterKeysOf = (keys: readonly WrappedKey[]): string[] => [
  ...new Set(keys.map(({ masterKeyId }) => masterKeyId)),
];

interface Answer {
  readonly events: number;
  readonly keys: number;
  readonly masterKeys: readonly string[];
}

function toldOf({ events, keys, masterKeys }: Answer): string {
  const done = `imported ${events} events and ${keys} keys`;
  return keys === 0
    ? `${done}\nput the keys.db of the other directory, or of its backup, beside it before a service starts on it`
    : `${done}\na service on it needs the master keys ${masterKeys.join(', ')} (COUNTERSIGN_MASTER_KEY_FILE, or master.key in the directory)`;
}
