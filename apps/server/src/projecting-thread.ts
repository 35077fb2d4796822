// The thread that projects: it reads the log, opens what is sealed and writes rows, so that the serving thread pays for
// none of it.

import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { basename } from 'node:path';
import { workerData } from 'node:worker_threads';

import type { Position } from '#event-log/event-log.js';
import { LiveRunner } from '#read-models/live-runner.js';
import type { Projection } from '#read-models/projection.js';
import { OtherVersion } from '#read-models/store.js';
import { ErasuresPassing } from '#server/erasures-passing.js';
import { obeyOrders, send } from '#server/obeying.js';
import type { Order, ProjectingData } from '#server/projecting-messages.js';
import { openParts } from '#server/projecting-parts.js';

const data = workerData as ProjectingData;
/** About a third of the time of a processor that calls want as well. */
const niceness = 5;

let moved = new Map<string, Position>();

/** Rows move in bursts; who waits for them is told once for each turn of the loop. */
function tellMoved(projection: string, position: Position): void {
  if (moved.size === 0)
    setImmediate(() => {
      const positions = [...moved];
      moved = new Map();
      send({ kind: 'moved', positions });
    });
  moved.set(projection, position);
}

/**
 * On Linux a thread has a priority of its own: calls come first where processors are few, and rows a little later.
 * Elsewhere, or where the system will not say which thread this is, it stays as it is.
 */
function stepBack(): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(Number(basename(readlinkSync('/proc/thread-self'))), niceness);
  } catch {}
}

stepBack();
const { log, keys, store, projections, measure, close: closeParts } = await openParts(data);
const runners = new Map<string, LiveRunner>();
for (const projection of projections) await run(projection);
obeyOrders({ obey, close });

/** Not one whose rows are of another version: a replay has to build them, and `follow` is ordered then. */
async function run(projection: Projection): Promise<void> {
  const { name } = projection;
  const onTrouble = (text: string) => send({ kind: 'trouble', projection: name, text });
  try {
    const erasures = new ErasuresPassing((stream) => keys.forget(stream));
    const runner = await LiveRunner.start({
      log: erasures.over(log),
      store,
      projection,
      opener: keys,
      onMoved: (position) => {
        erasures.movedTo(position);
        tellMoved(name, position);
      },
      onTrouble,
      ...(measure !== null && {
        countBetween: (after: Position, upTo: Position) => measure.upTo(upTo) - measure.upTo(after),
      }),
    });
    runners.set(name, runner);
    await tellStored(projection);
  } catch (error) {
    if (!(error instanceof OtherVersion)) throw error;
    onTrouble(error.message);
  }
}

async function tellStored(projection: Projection): Promise<void> {
  const checkpoint = await store.checkpoint(await store.open(projection));
  if (checkpoint !== null) tellMoved(projection.name, checkpoint.position);
}

async function follow(name: string): Promise<null> {
  const projection = projections.find((one) => one.name === name);
  if (projection === undefined) throw new Error(`no rows are made of ${name}`);
  const runner = runners.get(name);
  if (runner === undefined) await run(projection);
  else await runner.look();
  return null;
}

async function obey(order: Order) {
  if (order.order === 'status') return Promise.all([...runners.values()].map((runner) => runner.status()));
  if (!('projection' in order)) throw new Error(`${order.order} is an order for the thread that replays`);
  if (order.order === 'follow') return follow(order.projection);
  const runner = runners.get(order.projection);
  if (runner === undefined) throw new Error(`no rows are made of ${order.projection}`);
  switch (order.order) {
    case 'unpark':
      return runner.unpark(order.stream);
    case 'skip':
      return runner.skip(order.stream);
    case 'pause':
      runner.pause();
      return null;
    case 'resume':
      runner.resume();
      return null;
    default:
      throw new Error(`${order.order} is an order for the thread that replays`);
  }
}

async function close(): Promise<void> {
  await Promise.all([...runners.values()].map((runner) => runner.close()));
  await closeParts();
}
