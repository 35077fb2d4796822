// A process that follows a log and replays it, and kills itself at the place that it is told. Before that it goes on
// with what the process before it left, and tells whether the rows are those of the log.

import { subscribe } from 'node:diagnostics_channel';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import type { DomainEvent } from '#event-catalog/catalogue.js';
import type { EventLog } from '#event-log/event-log.js';
import { SqliteEventLog } from '#event-log-sqlite/sqlite-event-log.js';
import { LiveRunner } from '#read-models/live-runner.js';
import { isOver } from '#read-models/replay/asked.js';
import { Replays } from '#read-models/replay/replays.js';
import { Runner } from '#read-models/runner.js';
import type { ModelStore, TableDigest } from '#read-models/store.js';
import { openPostgresStore } from '#read-models/stores/postgres/postgres-model-store.js';
import { openSqliteStore } from '#read-models/stores/sqlite/sqlite-model-store.js';
import {
  added,
  joined,
  left,
  newEvent,
  person,
  plainOpener,
  registry,
  renamed,
} from '#read-models/testing/registry.js';
import { until } from '#read-models/testing/runner-house.js';

export interface ReplayProcessAsked {
  readonly directory: string;
  readonly events: number;
  /** The same one deals the same events. */
  readonly seed: number;
  /** Null for the last one, which only finishes. */
  readonly killedAt: { readonly place: string; readonly time: number } | null;
  readonly url: string | null;
}

export interface ReplayProcessTold {
  readonly live: readonly TableDigest[];
  readonly folded: readonly TableDigest[];
  readonly events: number;
  readonly inLog: number;
  readonly unfinished: readonly string[];
}

const { directory, events, seed, killedAt, url } = JSON.parse(
  process.argv[2] as string,
) as ReplayProcessAsked;

let state = Math.imul(seed, 0x9e3779b1) >>> 0;

/** By the upper half of what a congruence comes to: a printed seed deals the same events again. */
function random(below: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
}

const dealt: readonly (() => readonly [string, DomainEvent])[] = [
  () => [`organization-${random(30)}`, added(`name ${random(1_000)}`)],
  () => [`organization-${random(30)}`, renamed(`other name ${random(1_000)}`)],
  () => [`organization-${random(30)}`, joined(`u${random(9)}`, 'R')],
  () => [`organization-${random(30)}`, left(`u${random(9)}`)],
  () => [`organization-${random(30)}`, { type: 'org.removed' }],
  () => [`user-${random(50)}`, person(`a${random(99)}@example.com`, 'Ada')],
];

async function append(log: EventLog, many: number): Promise<void> {
  for (let nth = 0; nth < many; nth += 1) {
    const [stream, event] = (dealt[random(dealt.length)] as (typeof dealt)[number])();
    const page = await log.readStream(stream, { direction: 'backward', from: 'end', limit: 1 });
    const last = page.status === 'found' ? page.events[0]?.revision : undefined;
    const made = { ...newEvent(event), id: crypto.randomUUID() };
    await log.append(stream, [made], last ?? 'no-stream');
  }
}

async function digests(store: ModelStore, build: number): Promise<TableDigest[]> {
  const tables = Object.keys(registry.tables);
  return Promise.all(tables.map((table) => store.digest({ projection: registry, build }, table)));
}

async function folded(log: EventLog): Promise<TableDigest[]> {
  const scratch = mkdtempSync(join(directory, 'folded-'));
  const store = openSqliteStore(join(scratch, 'models.db'));
  const build = await store.open(registry);
  const runner = new Runner({ log, store, build, opener: plainOpener });
  const head = await log.head();
  await until(() => runner.position >= head);
  await runner.close();
  const told = await digests(store, build.build);
  await store.close();
  rmSync(scratch, { recursive: true });
  return told;
}

const log = await SqliteEventLog.open({ directory });
if ((await log.head()) === '0') await append(log, events);
const store = url === null ? openSqliteStore(join(directory, 'models.db')) : await openPostgresStore({ url });
const live = await LiveRunner.start({ log, store, opener: plainOpener, projection: registry });
const replays = await Replays.open({
  store,
  projections: [registry],
  reading: () => ({ log, opener: plainOpener }),
  onSwitched: () => void live.look(),
  batchEventsMax: 40,
});

async function replay(): Promise<void> {
  const underWay = () => replays.status().filter(({ phase }) => !isOver(phase) && phase !== 'failed');
  if (underWay().length === 0) await replays.start('registry');
  await append(log, 20);
  await until(() => underWay().length === 0);
  await dropOld();
  await append(log, 5);
  const head = await log.head();
  await until(() => live.position >= head);
}

async function dropOld(): Promise<void> {
  for (const { build, isLive } of await store.builds()) if (!isLive) await replays.drop(build);
}

await replay();
const { build, events: seen } = await live.status();
const told: ReplayProcessTold = {
  live: await digests(store, build),
  folded: await folded(log),
  events: seen,
  inLog: Number(await log.head()),
  unfinished: replays
    .status()
    .flatMap(({ phase, lastError }) => (isOver(phase) ? [] : [`${phase} ${lastError}`])),
};
process.stdout.write(JSON.stringify(told));
if (killedAt !== null) {
  let times = killedAt.time;
  subscribe('countersign.read-models.passing', (place) => {
    if (place !== killedAt.place) return;
    times -= 1;
    if (times === 0) process.kill(process.pid, 'SIGKILL');
  });
  await replay();
}
await replays.close();
await live.close();
await store.close();
await log.close();
