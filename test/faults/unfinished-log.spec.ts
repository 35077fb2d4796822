// A process may be killed while it makes its log. Nothing was acknowledged then, so the next one makes it.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { AppendResult } from '#event-log/event-log.js';
import { SqliteEventLog } from '#event-log-sqlite/sqlite-event-log.js';
import { verifyLog } from '#event-log-sqlite/verify.js';
import { eventsOf } from '#test/faults/appending-clients.js';

let directory = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-unfinished-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

const path = (name: string): string => join(directory, name);

/** What SQLite leaves between the first page of a new file and the removal of the journal for it. */
function leaveHalfMadeFile(): void {
  const pageBytes = 8_192;
  const sectorBytes = 512;
  const header = Buffer.alloc(sectorBytes);
  header.write('d9d505f920a163d7', 'hex');
  header.writeUInt32BE(sectorBytes, 20);
  header.writeUInt32BE(pageBytes, 24);
  writeFileSync(path('events.db-journal'), header);
  writeFileSync(path('events.db'), Buffer.alloc(pageBytes, 1));
}

async function appendOne(): Promise<AppendResult> {
  const log = await SqliteEventLog.open({ directory });
  try {
    const attempt = { client: 0, counter: 0, expected: 'no-stream' } as const;
    return await log.append('user-1', eventsOf(attempt).slice(0, 1), 'no-stream');
  } finally {
    await log.close();
  }
}

describe('a log whose making was cut short', () => {
  it('is made where SQLite had not finished its file', async () => {
    leaveHalfMadeFile();
    await expect(appendOne()).resolves.toMatchObject({ revision: 0 });
    expect(verifyLog({ directory })).toMatchObject({ status: 'whole', events: 1 });
  });

  it('is made where its head mark was not finished', async () => {
    writeFileSync(path('events.head.new'), 'countersign-head');
    await expect(appendOne()).resolves.toMatchObject({ revision: 0 });
    expect(existsSync(path('events.head.new'))).toBe(false);
  });

  it('is not made anew where an event was acknowledged', async () => {
    await appendOne();
    leaveHalfMadeFile();
    await expect(appendOne()).rejects.toMatchObject({ code: 'corrupt' });
    expect(existsSync(path('events.db-journal'))).toBe(true);
  });
});
