import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import { beforeAll, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';

import { allAfter, caughtUp, eventsIn, itemsUntil, samples, streamOf } from '#event-log/contract/samples.js';
import { EventLogError } from '#event-log/errors.js';
import { logStart, type RecordedEvent } from '#event-log/event-log.js';
import { openLog } from '#event-log-sqlite/open-log.js';
import { SqliteEventLog } from '#event-log-sqlite/sqlite-event-log.js';
import { verifyLog } from '#event-log-sqlite/verify.js';
import { damages } from '#test/faults/damages.js';
import { damageOf, type Judgement, judge } from '#test/faults/judge-damage.js';
import { imageOf, layOut, sameImage, type WrittenLog, writeLog } from '#test/faults/written-log.js';

const seedOfLog = 2_026;
const damageCount = 500;

let log: WrittenLog;
beforeAll(() => {
  log = writeLog(seedOfLog);
});

async function inDirectory<Result>(use: (directory: string) => Promise<Result> | Result): Promise<Result> {
  const directory = mkdtempSync(join(tmpdir(), 'countersign-damage-'));
  try {
    return await use(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe(`five hundred damages to a log of some thousand events (log ${seedOfLog}, damages 0 to ${damageCount - 1})`, () => {
  let judgements: readonly Judgement[];
  beforeAll(() => {
    judgements = Array.from({ length: damageCount }, (_, seed) => judge(log, seed));
  }, 120_000);

  it('each is refused at boot, named by verify, or harmless, and serves nothing that was not written', () => {
    expect(judgements.filter(({ broken }) => broken.length > 0)).toEqual([]);
  });

  it('each kind of damage was done, and each way to find it was needed', () => {
    expect(new Set(judgements.map(({ name }) => name)).size).toBe(damages.length);
    const found = Map.groupBy(judgements, (judgement) => judgement.found);
    for (const way of ['at boot', 'by verify', 'harmless'] as const) {
      expect(found.get(way)?.length ?? 0).toBeGreaterThan(50);
    }
  });

  it('harm is done by every kind of damage but those of one half of the head mark', () => {
    const harmed = new Set(judgements.filter(({ found }) => found !== 'harmless').map(({ name }) => name));
    const harmless = damages.map(({ name }) => name).filter((name) => !harmed.has(name));
    expect(harmless.filter((name) => !name.includes('mark'))).toEqual([]);
  });
});

describe('a damage that the campaign found', () => {
  it.each([
    {
      damage: 46_290,
      ofLog: 46,
      was: 'a sector in a wrong place hid the end, and the opening named an event that was there',
    },
  ])('is found: $was', ({ damage, ofLog }) => {
    expect(judge(writeLog(ofLog), damage)).toMatchObject({ found: 'at boot', broken: [] });
  });
});

describe('through the port', () => {
  // Every other kind once; a forged row may be served until the log is proved, since links are no signatures.
  const seeds = damages.flatMap(({ forged }, seed) => (forged === undefined && seed % 2 === 0 ? [seed] : []));
  it.each(seeds)('damage %i is refused as corrupt, or only what was written comes out', (seed) =>
    inDirectory(async (directory) => {
      layOut(damageOf(log, seed).image, directory);
      const opened = await SqliteEventLog.open({ directory }).catch((error: unknown) => error);
      const outcomes =
        opened instanceof SqliteEventLog ? await readEverything(opened) : [opened as EventLogError];
      const errors = outcomes.flatMap((outcome) => (Array.isArray(outcome) ? [] : [outcome]));
      expect(errors.filter((error) => (error as EventLogError).code !== 'corrupt')).toEqual([]);
      const events = outcomes.flatMap((outcome) => (Array.isArray(outcome) ? outcome : []));
      expect(events.filter((event) => !wasWritten(event))).toEqual([]);
    }),
  );

  async function readEverything(opened: SqliteEventLog): Promise<(RecordedEvent[] | Error)[]> {
    const delivered: RecordedEvent[] = [];
    try {
      const reads = [
        allAfter(opened, logStart, 300),
        streamOf(opened, 'user-1'),
        streamOf(opened, 'user-2'),
        itemsUntil(opened, {}, (items) => {
          delivered.push(...eventsIn(items.slice(-1)));
          return caughtUp(items);
        }).then(eventsIn),
      ];
      const settled = await Promise.allSettled(reads);
      const answers = settled.map((one) =>
        one.status === 'fulfilled' ? [...one.value] : (one.reason as Error),
      );
      return [...answers, delivered];
    } finally {
      await opened.close();
    }
  }

  function wasWritten({ position, data, metadata, ...rest }: RecordedEvent): boolean {
    const event = { ...rest, data: JSON.stringify(data), metadata: JSON.stringify(metadata) };
    return isDeepStrictEqual(event, { ...log.events[Number(position) - 1] });
  }
});

describe('what is left of a log', () => {
  it('a WAL whose file is gone is not made into a new log', () =>
    inDirectory((directory) => {
      layOut({ db: null, wal: log.live.wal, mark: null }, directory);
      expect(() => openLog(directory)).toThrow(EventLogError);
      expect(verifyLog({ directory })).toMatchObject({ status: 'damaged', position: '0000000000000001' });
      expect(imageOf(directory).wal?.equals(log.live.wal as Buffer)).toBe(true);
    }));

  it('a log that held nothing may be lost, and the new one is not taken for another', () =>
    inDirectory((directory) => {
      closed(openLog(directory));
      layOut({ db: Buffer.alloc(0), wal: null, mark: null }, directory);
      const identity = closed(openLog(directory));
      expect(closed(openLog(directory))).toBe(identity);
    }));

  it('the records of an older backup are not taken for the log that was acknowledged', () =>
    inDirectory((directory) => {
      layOut({ ...log.older, mark: log.closed.mark }, directory);
      expect(() => openLog(directory)).toThrow(/is missing, and everything up to \d+ was acknowledged/);
    }));

  function closed({ database, keeper, mark, identity }: ReturnType<typeof openLog>): string {
    keeper.close();
    mark.close();
    database.close();
    return identity;
  }
});

describe('at boot', () => {
  it.each([
    'a row added at the end that follows nothing',
    'a row changed, and the whole chain after it made anew',
    'the last row deleted, and its stream told so',
    'a trigger added',
    'no mark',
  ])('%s is refused, without waiting for a proof', (name) =>
    inDirectory((directory) => {
      const seed = damages.findIndex((damage) => damage.name === name);
      layOut(damageOf(log, seed).image, directory);
      expect(() => openLog(directory)).toThrow(EventLogError);
    }),
  );
});

describe('a header that would mislead the writer', () => {
  it.each([
    ['that the file is of a later version', 18, 2],
    ['that pages move when others are freed', 55, 0],
  ])('is refused at boot, and by the proof, when it says %s', (_, byte, bit) =>
    inDirectory((directory) => {
      const db = Buffer.from(log.closed.db as Buffer);
      db[byte] = (db[byte] as number) ^ (1 << bit);
      const image = { ...log.closed, db };
      layOut(image, directory);
      expect(() => openLog(directory)).toThrow(/the header of its file/);
      expect(verifyLog({ directory })).toMatchObject({ status: 'damaged' });
      expect(sameImage(imageOf(directory), image)).toBe(true);
    }),
  );
});

describe('a stream is not served', () => {
  it.each([
    ['when its end is recorded in two ways', "UPDATE streams SET last_revision = 1 WHERE stream = 'user-1'"],
    ['when its end is recorded nowhere', "DELETE FROM streams WHERE stream = 'user-1'"],
    ['when a row of it is gone', "DELETE FROM events WHERE stream = 'user-1' AND revision = 2"],
    ['when a row of it says something else', "UPDATE events SET type = 'x' WHERE stream = 'user-1'"],
  ])('%s', (_, sql) =>
    inDirectory(async (directory) => {
      layOut(log.closed, directory);
      const opened = await SqliteEventLog.open({ directory });
      const database = new Database(join(directory, 'events.db'));
      database.exec(sql);
      database.close();
      await expect(streamOf(opened, 'user-1')).rejects.toMatchObject({ code: 'corrupt' });
      expect((await streamOf(opened, 'user-2')).length).toBeGreaterThan(0);
      await opened.close();
    }),
  );

  it('nor appended to, when its end is recorded in two ways', () =>
    inDirectory(async (directory) => {
      layOut(log.closed, directory);
      const opened = await SqliteEventLog.open({ directory });
      const database = new Database(join(directory, 'events.db'));
      database.exec("UPDATE streams SET last_revision = 99 WHERE stream = 'user-1'");
      database.close();
      await expect(opened.append('user-1', samples(1), 99)).rejects.toMatchObject({ code: 'corrupt' });
      await opened.close();
    }));

  it('when its row stands before the first', () =>
    inDirectory(async (directory) => {
      const seed = damages.findIndex(({ name }) => name === 'a row added before the first one');
      layOut(damageOf(log, seed).image, directory);
      const opened = await SqliteEventLog.open({ directory });
      await expect(streamOf(opened, 'user-ghost')).rejects.toMatchObject({ code: 'corrupt' });
      await opened.close();
    }));
});
