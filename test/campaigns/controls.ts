// Bugs to be planted, each with the spec that must show it.

import { type PlantedBug, plantedBugs } from '#test/faults/planted-bugs.js';

export interface Control extends PlantedBug {
  readonly spec: string;
  /** Only the tests whose titles match. */
  readonly tests?: string;
}

const engine = 'libs/event-log-sqlite/src';
const contract = `${engine}/sqlite-event-log.spec.ts`;
const verify = `${engine}/verify.spec.ts`;
const threads = `${engine}/threads.spec.ts`;
const disk = 'test/faults/failing-disk.spec.ts';
const damage = 'test/faults/damage.spec.ts';

function edit(file: string, from: string, to: string): PlantedBug {
  return { edits: [{ file, from, to }] };
}

export const controls: Readonly<Record<string, Control>> = {
  'expected revision ignored': { ...plantedBugs['expected revision ignored'], spec: contract },
  'a retry not recognised': { ...plantedBugs['a retry not recognised'], spec: contract },
  'ids of a retry not compared': {
    ...edit(
      'libs/event-log/src/decide-append.ts',
      'if (sameIds(stored, ids)) return {',
      'if (stored.length > 0) return {',
    ),
    spec: contract,
  },
  'acknowledged before the commit': { ...plantedBugs['acknowledged before the commit'], spec: disk },
  'head mark moved before the commit': { ...plantedBugs['head mark moved before the commit'], spec: disk },
  'head mark dropped': {
    ...edit(`${engine}/writer.ts`, 'open.mark.moveTo(position, link);', ''),
    spec: verify,
  },
  'head mark not synced': { ...plantedBugs['head mark not synced'], spec: disk },
  'head mark not compared at boot': {
    ...edit(`${engine}/open-log.ts`, 'if (marked !== mark.link) throw', 'if (marked === undefined) throw'),
    spec: damage,
    tests: 'at boot',
  },
  'head mark not compared by the proof': {
    ...edit(`${engine}/verify.ts`, 'if (mark.link !== link) throw', 'if (mark.link === undefined) throw'),
    spec: verify,
  },
  'row checksum not verified': {
    ...edit(`${engine}/rows.ts`, 'if (linkOf(row) !== row.link) throw', 'if (row.link === undefined) throw'),
    spec: verify,
  },
  'row checksum not verified, when a stream is read': {
    ...edit(`${engine}/rows.ts`, 'if (linkOf(row) !== row.link) throw', 'if (row.link === undefined) throw'),
    spec: damage,
    tests: 'a stream is not served',
  },
  'missing rows not noticed': {
    ...edit(`${engine}/rows.ts`, 'if (row.position !== position) throw', 'if (row.position === 0) throw'),
    spec: verify,
  },
  'chain not compared at boot': {
    ...edit(`${engine}/rows.ts`, 'if (before !== null && row.before !== before)', "if (before === '')"),
    spec: damage,
    tests: 'at boot',
  },
  'chain not compared by the proof': {
    ...edit(`${engine}/verify.ts`, 'if (row.before !== links.last) throw', "if (row.before === '') throw"),
    spec: verify,
  },
  'ends of streams not compared': {
    ...edit(
      `${engine}/rows.ts`,
      'if (stored?.[0] !== indexed?.[0] || stored?.[1] !== indexed?.[1])',
      'if (stored === null)',
    ),
    spec: damage,
    tests: 'a stream is not served',
  },
  'rows before the first one served': {
    ...edit(`${engine}/rows.ts`, 'if (row.position < 1) throw', 'if (row.position === undefined) throw'),
    spec: damage,
    tests: 'a stream is not served',
  },
  'rows collected before they are proved': {
    ...edit(
      `${engine}/verify.ts`,
      'of rows.after(walk.position, rowsPerSnapshot, rows.head(walk.position + 1))) {',
      'of [...rows.after(walk.position, rowsPerSnapshot, rows.head(walk.position + 1))]) {',
    ),
    spec: verify,
  },
  'a lock ended by touching its file': {
    ...edit(`${engine}/database.ts`, '  if (existsSync(path)) return;\n', ''),
    spec: `${engine}/directory-lock.spec.ts`,
  },
  'header not looked at': {
    ...edit(`${engine}/open-log.ts`, 'if (found !== null) assertWritable(paths.events);', ''),
    spec: damage,
    tests: 'a header that would mislead',
  },
  'a failed handle used again': {
    ...edit(`${engine}/writer.ts`, '  quarantine(error);\n  // Where', '  // Where'),
    spec: disk,
  },
  'a failed handle closed as the last one': {
    ...edit(`${engine}/writer.ts`, 'of [mark, database, keeper])', 'of [keeper, mark, database])'),
    spec: disk,
  },
  'a connection that trusts its file to the operating system': {
    ...plantedBugs['commits not synced'],
    spec: `${engine}/database.spec.ts`,
  },
  'one lost read ends a subscription': {
    ...edit(
      'libs/event-log/src/paged-subscription.ts',
      "if (!(error instanceof EventLogError && error.code === 'unavailable')) {",
      'if (error !== null) {',
    ),
    spec: contract,
  },
  'WAL not taken in when opened anew': {
    ...edit(`${engine}/open-log.ts`, '    takeInWal(database);\n', ''),
    spec: disk,
  },
  'a failed read taken for damage': {
    ...edit(`${engine}/read-connection.ts`, 'if (database.inTransaction) commit', 'commit'),
    spec: disk,
  },
  'appends of a dead thread left unanswered': {
    ...edit(
      `${engine}/append-queue.ts`,
      'for (const one of lost) this.#reject(',
      'for (const one of []) this.#reject(',
    ),
    spec: threads,
  },
};
