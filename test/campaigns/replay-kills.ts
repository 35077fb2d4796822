// `npm run campaign:replay-kills -- --times 20`: a replay is killed at each of its places so many times, on both engines,
// and what the next process makes of it is held against a fold of the log.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { type PassedPlace, places } from '#read-models/passing.js';
import { PostgresServer } from '#read-models/testing/postgres-server.js';
import { runReplayProcess } from '#read-models/testing/replay-kills.js';
import { commitOf, print, printTable } from '#test/campaigns/figures.js';

const { values } = parseArgs({
  options: {
    times: { type: 'string', default: '20' },
    events: { type: 'string', default: '300' },
    engine: { type: 'string', default: 'both' },
  },
});
const [times, events] = [Number(values.times), Number(values.events)];
/** A place is passed again and again by what is done in parts. */
const timeOf = (place: PassedPlace, nth: number) => (place.startsWith('batch') ? 1 + (nth % 12) : 1);

const scratch = mkdtempSync(join(tmpdir(), 'countersign-replay-kills-'));
const wrong: string[] = [];
const kills: Record<string, Record<string, number>> = {};

async function killAt(engine: string, url: string | null): Promise<void> {
  const directory = mkdtempSync(join(scratch, engine));
  for (const place of places)
    for (let nth = 0; nth < times; nth += 1) {
      const killedAt = { place, time: timeOf(place, nth) };
      const { told, signal } = await runReplayProcess({ directory, events, killedAt, url });
      if (signal === 'SIGKILL')
        kills[place] = { ...kills[place], [engine]: (kills[place]?.[engine] ?? 0) + 1 };
      const isRight =
        JSON.stringify(told.live) === JSON.stringify(told.folded) &&
        told.events === told.inLog &&
        told.unfinished.length === 0;
      if (!isRight) wrong.push(`${engine}, before ${place} ${nth}: ${JSON.stringify(told)}`);
    }
}

if (values.engine !== 'postgres') await killAt('SQLite', null);
if (values.engine !== 'sqlite') {
  const server = await PostgresServer.start();
  await killAt('PostgreSQL', await server.createDatabase());
  await server.close();
}
printTable(kills);
for (const text of wrong) print(text);
print(JSON.stringify({ campaign: 'replay-kills', times, kills, wrong, commit: commitOf() }));
if (wrong.length > 0) process.exitCode = 1;
else rmSync(scratch, { recursive: true });
