// The thread that replays: it builds rows anew beside those that the projecting thread follows the log for.

import { workerData } from 'node:worker_threads';

import { buildAnew } from '#server/build-anew.js';
import { obeyOrders, send } from '#server/obeying.js';
import type { Order, ProjectingData } from '#server/projecting-messages.js';
import { openParts } from '#server/projecting-parts.js';
import { openReplays } from '#server/replays-over.js';
import { stepBack } from '#server/step-back.js';

stepBack('replaying');
const parts = await openParts(workerData as ProjectingData);
const replays = await openReplays(parts, {
  onSwitched: (projection) => send({ kind: 'switched', projection }),
  onTrouble: (text) => send({ kind: 'trouble', projection: null, text }),
});
await buildAnew({ ...parts, replays });
obeyOrders({
  obey,
  close: async () => {
    await replays.close();
    await parts.close();
  },
});

async function obey(order: Order) {
  switch (order.order) {
    case 'replays':
      return replays.status();
    case 'start-replay':
      return replays.start(order.projection, order.asked);
    case 'pause-replay':
      await replays.pause(order.build);
      return null;
    case 'resume-replay':
      await replays.resume(order.build, order.changed);
      return null;
    case 'cancel-replay':
      await replays.cancel(order.build);
      return null;
    case 'drop-build':
      await replays.drop(order.build);
      return null;
    default:
      throw new Error(`${order.order} is an order for the thread that projects`);
  }
}
