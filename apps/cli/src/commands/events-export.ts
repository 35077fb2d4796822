import { closeSync, existsSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';

import type { Command } from '#cli/command.js';
import { notNow } from '#cli/command-failure.js';
import { eventLine, firstLine, keyLine, Summing } from '#cli/event-lines.js';
import { exitCodes } from '#cli/exit-codes.js';
import type { Output } from '#cli/output.js';
import type { ProgressBar } from '#cli/progress-bar.js';
import { embeddedDirectoryOf, refuseSharedKeys } from '#cli/settings-of.js';
import { ReadLog } from '#event-log-sqlite/read-log.js';
import { readKeys } from '#key-store-sqlite/read-keys.js';

export const eventsExport: Command = {
  name: 'events export',
  summary: 'Write the whole log as JSON lines, sealed parts sealed.',
  details:
    'The same log gives the same bytes. The last line counts and sums up those before it, so that half an export is found out. Without --with-keys nobody can open what is sealed; with it, whoever has the master keys can, so keep it as you keep a backup.',
  way: 'beside',
  arguments: [],
  options: {
    to: {
      meaning: 'The file to write, which must not be there. Else standard output.',
      value: 'file',
      completes: 'file',
    },
    'with-keys': { meaning: 'With the data keys, wrapped as they are.' },
  },
  examples: [
    { line: 'events export --to events.jsonl', meaning: 'Events alone' },
    {
      line: 'events export --with-keys --to everything.jsonl',
      meaning: 'All that another data directory needs but the master keys',
    },
    { line: 'events export | gzip > events.jsonl.gz', meaning: 'Compressed' },
  ],
  run: async (call) => {
    const { given, output } = call;
    if (given.flag('with-keys')) refuseSharedKeys(call);
    const directory = embeddedDirectoryOf(call);
    const target = targetOf(given.text('to'), output);
    const log = ReadLog.open(directory);
    const bar = output.progress('export');
    try {
      const sum = new Summing();
      const write = linesTo(target, sum);
      await write(firstLine);
      await writeEvents({ log, write, sum, bar });
      // The log first, then the keys: each key is there before the first event that it seals.
      if (given.flag('with-keys')) await writeKeys(directory, { write, sum });
      await target.write(`${sum.lastLine()}\n`);
      target.finish();
      bar.end();
      const { events, keys } = sum.counts;
      output.note(`exported ${events} events and ${keys} keys`);
      return exitCodes.done;
    } finally {
      bar.end();
      log.close();
    }
  },
};

interface Target {
  write(text: string): Promise<void> | void;
  finish(): void;
}

type WriteLine = (line: string) => Promise<void>;

/** Under its name it is whole, or it is not there. */
function targetOf(path: string | null, output: Output): Target {
  if (path === null) return { write: (text) => output.write(text), finish: () => undefined };
  if (existsSync(path)) throw notNow(`${path} is there already`, 'name another file, or move it away');
  const unfinished = `${path}.unfinished`;
  const file = openSync(unfinished, 'w', 0o600);
  return {
    write: (text) => {
      writeSync(file, text);
    },
    finish: () => {
      fsyncSync(file);
      closeSync(file);
      renameSync(unfinished, path);
    },
  };
}

function linesTo(target: Target, sum: Summing): WriteLine {
  return async (line) => {
    sum.add(line);
    await target.write(`${line}\n`);
  };
}

interface Writing {
  readonly write: WriteLine;
  readonly sum: Summing;
}

async function writeEvents({
  log,
  write,
  sum,
  bar,
}: Writing & { log: ReadLog; bar: ProgressBar }): Promise<void> {
  const head = log.head();
  for (const row of log.after(0)) {
    if (row.position > head) break;
    await write(eventLine(row));
    sum.counts.events += 1;
    bar.show(row.position, head);
  }
}

async function writeKeys(directory: string, { write, sum }: Writing): Promise<void> {
  for (const key of readKeys(directory)) {
    await write(keyLine(key));
    sum.counts.keys += 1;
  }
}
