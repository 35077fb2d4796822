// `npm run campaign:replay-kills -- --times 20`: a replay is killed at each of its places so many times, on both engines,
// and what the next process makes of it is held against a fold of the log.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { type PassedPlace, places } from '#read-models/passing.js';
import { PostgresServer } from '#read-models/testing/postgres-server.js';
import { runReplayProcess } from '#read-models/testing/replay-kills.js';
import type { ReplayProcessAsked } from '#read-models/testing/replay-process.js';
import { commitOf, print, printTable } from '#test/campaigns/figures.js';

const { values } = parseArgs({
  options: {
    times: { type: 'string', default: '20' },
    events: { type: 'string', default: '300' },
    engine: { type: 'string', default: 'both' },
    seed: { type: 'string', default: '1' },
  },
});
const [times, events, seed] = [Number(values.times), Number(values.events), Number(values.seed)];
/** A place is passed again and again by what is done in parts. */
const timeOf = (place: PassedPlace, nth: number) => (place.startsWith('batch') ? 1 + (nth % 12) : 1);

const scratch = mkdtempSync(join(tmpdir(), 'countersign-replay-kills-'));
const wrong: string[] = [];
const kills: Record<string, Record<string, number>> = {};
let processes = 0;

async function goOn(engine: string, asked: Omit<ReplayProcessAsked, 'events' | 'seed'>): Promise<boolean> {
  const { told, signal } = await runReplayProcess({ ...asked, events, seed: seed + processes });
  processes += 1;
  const isRight =
    JSON.stringify(told.live) === JSON.stringify(told.folded) &&
    told.events === told.inLog &&
    told.unfinished.length === 0;
  if (!isRight) wrong.push(`${engine}, before process ${processes}: ${JSON.stringify(told)}`);
  return signal === 'SIGKILL';
}

type House = Pick<ReplayProcessAsked, 'directory' | 'url'>;

async function killedAt(place: PassedPlace, engine: string, house: House): Promise<number> {
  const isKilled = (nth: number) => goOn(engine, { ...house, killedAt: { place, time: timeOf(place, nth) } });
  // PostgreSQL has no files to make, and never passes their places.
  let killed = (await isKilled(0)) ? 1 : 0;
  if (killed === 0 && house.url !== null) return 0;
  for (let nth = 1; nth < times; nth += 1) if (await isKilled(nth)) killed += 1;
  if (killed < times) wrong.push(`${engine}, ${place}: ${killed} kills`);
  return killed;
}

async function killEverywhere(engine: string, url: string | null): Promise<void> {
  const house = { directory: mkdtempSync(join(scratch, engine)), url };
  for (const place of places)
    kills[place] = { ...kills[place], [engine]: await killedAt(place, engine, house) };
  // What the last kill left is judged, too.
  await goOn(engine, { ...house, killedAt: null });
}

if (values.engine !== 'postgres') await killEverywhere('SQLite', null);
if (values.engine !== 'sqlite') {
  const server = await PostgresServer.start();
  await killEverywhere('PostgreSQL', await server.createDatabase());
  await server.close();
}
printTable(kills);
for (const text of wrong) print(text);
print(JSON.stringify({ campaign: 'replay-kills', seed, times, processes, kills, wrong, commit: commitOf() }));
if (wrong.length > 0) process.exitCode = 1;
else rmSync(scratch, { recursive: true });
