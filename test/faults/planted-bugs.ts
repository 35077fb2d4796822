// Bugs that the cycles must find, each as an edit of a copy of the sources: cycles that stay green on one
// of these prove nothing.

import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { sourcesRoot } from '#test/faults/appending-child.js';

export interface PlantedBug {
  readonly edits: readonly { readonly file: string; readonly from: string; readonly to: string }[];
}

const decide = 'libs/event-log/src/decide-append.ts';
const group = 'libs/event-log-sqlite/src/append-group.ts';
const writer = 'libs/event-log-sqlite/src/writer.ts';
const database = 'libs/event-log-sqlite/src/database.ts';
const commit = '      this.#commit.run();';
const openGroup = 'writing = { open: log, group: new AppendGroup(log.database, log.end) };';

export const plantedBugs = {
  'acknowledged before the commit': {
    edits: [
      {
        file: group,
        from: 'this.#begin.run();',
        to: 'if (!this.#database.inTransaction) this.#begin.run();',
      },
      {
        file: group,
        from: commit,
        to: 'setTimeout(() => this.#database.inTransaction && this.#commit.run(), 5);',
      },
      {
        file: writer,
        from: 'open.mark.moveTo(position, link);',
        to: 'setTimeout(() => open.mark.moveTo(position, link), 20);',
      },
    ],
  },
  'head mark moved before the commit': {
    edits: [
      {
        file: group,
        from: '  #end: LogEnd;',
        to: '  #end: LogEnd;\n  onCommit = (_: LogEnd): void => undefined;',
      },
      { file: group, from: commit, to: `      this.onCommit(this.#end);\n${commit}` },
      {
        file: writer,
        from: openGroup,
        to: `${openGroup}\n  writing.group.onCommit = ({ position, link }) => log.mark.moveTo(position, link);`,
      },
    ],
  },
  'expected revision ignored': {
    edits: [
      {
        file: decide,
        from: 'if (expectedRevision === lastRevision)',
        to: 'if (expectedRevision <= lastRevision)',
      },
    ],
  },
  'a retry not recognised': {
    edits: [
      { file: decide, from: 'if (sameIds(stored, ids)) return {', to: 'if (stored.length < 0) return {' },
    ],
  },
  'a retry with other ids': {
    edits: [
      {
        file: 'test/faults/appending-process.ts',
        from: 'runClient(log, journal, attempt)',
        to: 'runClient(log, journal, { ...attempt, counter: attempt.counter + 1 })',
      },
    ],
  },
  'commits not synced': {
    edits: [
      { file: database, from: "'synchronous = FULL'", to: "'synchronous = NORMAL'" },
      { file: database, from: "'synchronous', 2", to: "'synchronous', 1" },
    ],
  },
  'head mark not synced': {
    edits: [
      { file: 'libs/event-log-sqlite/src/head-mark.ts', from: '    fdatasyncSync(this.#file);\n', to: '' },
    ],
  },
} satisfies Record<string, PlantedBug>;

/** No bug: what comes once in a second of work comes with every few commits, so that strikes hit it. */
export const checkpointsAllTheTime: PlantedBug = {
  edits: [{ file: writer, from: 'walPages >= walPagesBusy', to: 'walPages >= 64' }],
};

/** A copy of what the appending process is made of, with the bug in it. */
export function plant({ edits }: PlantedBug, root: string): void {
  mkdirSync(root);
  for (const part of ['package.json', 'libs/event-log', 'libs/event-log-sqlite', 'test/faults']) {
    cpSync(join(sourcesRoot, part), join(root, part), { recursive: true });
  }
  symlinkSync(join(sourcesRoot, 'node_modules'), join(root, 'node_modules'));
  for (const { file, from, to } of edits) {
    const pieces = readFileSync(join(root, file), 'utf8').split(from);
    if (pieces.length !== 2) throw new Error(`${file} does not hold this once: ${from}`);
    writeFileSync(join(root, file), pieces.join(to));
  }
}
