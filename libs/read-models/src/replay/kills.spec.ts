import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type PassedPlace, places } from '#read-models/passing.js';
import { describeOnPostgres } from '#read-models/testing/describe-on-postgres.js';
import { runReplayProcess } from '#read-models/testing/replay-kills.js';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-replay-kills-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Ten times what it takes. */
const timeoutMs = 60_000;
const events = 300;
const seed = 5;
/** Where its engine takes part; the campaign kills it at all of them. */
const inPostgres: readonly PassedPlace[] = [
  'begin: before it is known',
  'batch: before its end',
  'indexes: between two',
  'comparing: after',
  'switch: before its end',
  'switch: after its end',
];

/** In the middle of those that there are. */
const timeOf = (place: PassedPlace) => (place.startsWith('batch') ? 4 : 1);

function killing(urlOf: () => string | null, at: readonly PassedPlace[], folder: () => string): void {
  it.each(at)(
    'is gone on with after a kill: %s',
    async (place) => {
      const killedAt = { place, time: timeOf(place) };
      const { told, signal } = await runReplayProcess({
        directory: folder(),
        events,
        seed,
        killedAt,
        url: urlOf(),
      });
      expect(signal).toBe('SIGKILL');
      holds(told);
    },
    timeoutMs,
  );

  it(
    'comes to the rows of the log after the last of them, too',
    async () => {
      const asked = { directory: folder(), events, seed, killedAt: null, url: urlOf() };
      const { told, signal } = await runReplayProcess(asked);
      expect(signal).toBeNull();
      holds(told);
    },
    timeoutMs,
  );
}

function holds(told: Awaited<ReturnType<typeof runReplayProcess>>['told']): void {
  expect(told.live).toEqual(told.folded);
  expect(told.events).toBe(told.inLog);
  expect(told.unfinished).toEqual([]);
}

describe('a replay', () => {
  killing(
    () => null,
    places,
    () => directory,
  );

  it('leaves no file behind but those of the live build', () => {
    const files = readdirSync(directory).filter((name) => name.startsWith('models.db.build-'));
    expect(files).toHaveLength(1);
  });
});

describeOnPostgres('a replay in PostgreSQL', (server) => {
  let url: string;
  let logs: string;
  beforeAll(async () => {
    url = await server().createDatabase();
    logs = mkdtempSync(join(directory, 'postgres-'));
  });
  killing(
    () => url,
    inPostgres,
    () => logs,
  );
});
