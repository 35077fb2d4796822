// The thread that projects: it reads the log, opens what is sealed and writes rows, so that the serving thread pays for
// none of it.

import { workerData } from 'node:worker_threads';

import type { Position } from '#event-log/event-log.js';
import { Hurry } from '#read-models/hurry.js';
import { ParkedOrders } from '#read-models/parked-orders.js';
import { LiveRunners } from '#server/live-runners.js';
import { obeyOrders, send, tellHeld } from '#server/obeying.js';
import { ProjectingInTurn } from '#server/projecting-in-turn.js';
import type { Order, ProjectingData } from '#server/projecting-messages.js';
import { openParts } from '#server/projecting-parts.js';
import { isReplayLeft, standingReplays } from '#server/standing-replays.js';
import { stepBack } from '#server/step-back.js';
import type { Projected } from '#telemetry/traces.js';

const data = workerData as ProjectingData;
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

const onReplayLeft = () => send({ kind: 'replay-left' });
const onErasuresMissed = () => send({ kind: 'erasures-missed' });
const onErased = (streams: readonly string[]) => send({ kind: 'erased', streams });
const onProjected = (projected: readonly Projected[]) => send({ kind: 'projected', projected });
const tellTrouble = (text: string, projection: string | null) => send({ kind: 'trouble', projection, text });

stepBack('projecting');
const parkedOrders = new ParkedOrders();
const parts = await openParts(data, (text) => tellTrouble(text, null));
const making = await startMaking();
obeyOrders({ obey, close });

async function startMaking(): Promise<Pick<ProjectingInTurn, 'status' | 'runners' | 'close'>> {
  const { lease } = parts;
  const telling = { onMoved: tellMoved, onTrouble: tellTrouble, ...(data.isTraced && { onProjected }) };
  if (lease !== null)
    return new ProjectingInTurn({
      ...{ ...telling, parts, lease },
      ...{ onHeld: tellHeld, onReplayLeft, onErasuresMissed, onErased },
    });
  const { hurry } = data;
  const runners = await LiveRunners.start({
    ...{ ...parts, ...telling },
    ...(hurry && { hurry: new Hurry(hurry) }),
  });
  if (await isReplayLeft(parts)) onReplayLeft();
  return { runners, status: () => runners.status(), close: () => runners.close() };
}

async function obey(order: Order) {
  if (order.order === 'status') return making.status();
  if (order.order === 'builds') return parts.store.builds();
  if (order.order === 'replays') return standingReplays(parts);
  if (!('projection' in order)) throw new Error(`${order.order} is an order for the thread that replays`);
  switch (order.order) {
    case 'follow':
      await making.runners.follow(order.projection);
      return null;
    case 'retry-parked':
      return parkedOrders.give(making.runners.of(order.projection), { ...order, how: 'retry' });
    case 'skip-parked':
      return parkedOrders.give(making.runners.of(order.projection), { ...order, how: 'skip' });
    case 'pause':
      await making.runners.of(order.projection).pause();
      return null;
    case 'resume':
      await making.runners.of(order.projection).resume();
      return null;
    default:
      throw new Error(`${order.order} is an order for the thread that replays`);
  }
}

async function close(): Promise<void> {
  await making.close();
  await parts.close();
}
