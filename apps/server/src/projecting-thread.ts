// The thread that projects: it reads the log, opens what is sealed and writes rows, so that the serving thread pays for
// none of it.

import { parentPort, workerData } from 'node:worker_threads';

import { positionNumber } from '#event-log/counted-position.js';
import type { EventLog, Position } from '#event-log/event-log.js';
import { KeysForReading } from '#key-store-sqlite/keys-for-reading.js';
import { audit } from '#read-models/models/audit.js';
import { organizations } from '#read-models/models/organizations.js';
import { users } from '#read-models/models/users.js';
import type { Projection } from '#read-models/projection.js';
import { Runner } from '#read-models/runner.js';
import { type ModelStore, OtherVersion } from '#read-models/store.js';
import { openSqliteStore } from '#read-models/stores/sqlite/sqlite-model-store.js';
import { ErasuresPassing } from '#server/erasures-passing.js';
import { ProjectingKeys } from '#server/projecting-keys.js';
import type {
  Order,
  ProjectingData,
  ProjectingReply,
  ProjectingRequest,
} from '#server/projecting-messages.js';

const port = parentPort as NonNullable<typeof parentPort>;
const data = workerData as ProjectingData;
const models: readonly Projection[] = [users, organizations, audit];

function send(reply: ProjectingReply): void {
  port.postMessage(reply);
}

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

async function openLog(): Promise<EventLog> {
  const { log } = data;
  if (log.engine === 'embedded') {
    const { openSqliteLogForReading } = await import('#event-log-sqlite/log-for-reading.js');
    return openSqliteLogForReading(log);
  }
  const { EventStoreDbEventLog } = await import('#event-log-eventstoredb/eventstoredb-event-log.js');
  return EventStoreDbEventLog.open({ connectionString: log.connectionString });
}

const stored = new KeysForReading(data.keysPath);
const keys = new ProjectingKeys({ stored, masterKeys: data.masterKeys });
const log = await openLog();
const store = openSqliteStore(data.modelsPath);
const runners = new Map<string, Runner>();
for (const name of data.projections) {
  const runner = await run(name, store);
  if (runner !== null) runners.set(name, runner);
}
port.on('message', (request: ProjectingRequest) => {
  if (request.kind === 'close') void close();
  else void answer(request.number, request.order);
});
send({ kind: 'ready' });

/** Null for one whose rows are of another version: a replay has to build it. */
async function run(name: string, models: ModelStore): Promise<Runner | null> {
  const projection = modelOf(name);
  const onTrouble = (text: string) => send({ kind: 'trouble', projection: name, text });
  try {
    const build = await models.open(projection);
    const checkpoint = await models.checkpoint(build);
    if (checkpoint !== null) tellMoved(name, checkpoint.position);
    const erasures = new ErasuresPassing((stream) => keys.forget(stream));
    return new Runner({
      log: erasures.over(log),
      store: models,
      build,
      opener: keys,
      onMoved: (position) => {
        erasures.movedTo(position);
        tellMoved(name, position);
      },
      onTrouble,
      ...(data.log.engine === 'embedded' && {
        countBetween: (after: Position, upTo: Position) => positionNumber(upTo) - positionNumber(after),
      }),
    });
  } catch (error) {
    if (!(error instanceof OtherVersion)) throw error;
    onTrouble(error.message);
    return null;
  }
}

function modelOf(name: string): Projection {
  const model = models.find((one) => one.name === name);
  if (model === undefined) throw new TypeError(`there is no projection ${name}`);
  return model;
}

async function answer(number: number, order: Order): Promise<void> {
  try {
    send({ kind: 'done', number, answer: await obey(order) });
  } catch (error) {
    send({ kind: 'failed', number, text: error instanceof Error ? error.message : String(error) });
  }
}

async function obey(order: Order) {
  if (order.order === 'status') return Promise.all([...runners.values()].map((runner) => runner.status()));
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
  }
}

async function close(): Promise<void> {
  await Promise.all([...runners.values()].map((runner) => runner.close()));
  await store.close();
  await log.close();
  stored.close();
  port.close();
}
