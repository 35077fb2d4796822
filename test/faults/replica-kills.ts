// The server that makes the rows is killed again and again while clients write to both. What the other one then shows is
// held against what was acknowledged, and what is stored against a replay of the whole log.

import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { logStart } from '#event-log/event-log.js';
import { EventStoreDbEventLog } from '#event-log-eventstoredb/eventstoredb-event-log.js';
import { PostgresKeyStore } from '#key-store-postgres/postgres-key-store.js';
import { differencesIn } from '#read-models/replay/comparison.js';
import { Replay } from '#read-models/replay/replay.js';
import { openPostgresStore } from '#read-models/stores/postgres/postgres-model-store.js';
import { parseMasterKeys } from '#secrets/master-keys.js';
import { ProjectingKeys } from '#server/projecting-keys.js';
import { models } from '#server/projecting-parts.js';
import { until, within } from '#test/e2e/server-process.js';
import type { Chance } from '#test/faults/chance.js';
import type { Replica, Replicas, Written } from '#test/faults/replicas.js';

export interface KillsAsked {
  readonly replicas: Replicas;
  readonly both: [Replica, Replica];
  readonly times: number;
  readonly chance: Chance;
  readonly onKill?: (kill: Kill) => void;
}

export interface Kill {
  readonly acknowledged: number;
  /** From the kill until another server has the lease. */
  readonly takenOverMs: number;
  /** From the kill until the other server shows all that is in the log. */
  readonly levelMs: number;
}

export interface Killed {
  readonly kills: readonly Kill[];
  readonly acknowledged: number;
  /** Each is a sentence; none is right. */
  readonly wrong: readonly string[];
  /** Those that run now. */
  readonly both: [Replica, Replica];
}

const writersEach = 3;
/** Long enough for some batches, and for the kill to come at any moment of one. */
const beforeKillMs = { min: 300, max: 1_500 };
/** Whoever waits longer than this is not slow but stuck. */
const patienceMs = 60_000;

export async function killAgainAndAgain(asked: KillsAsked): Promise<Killed> {
  const { replicas, times } = asked;
  const acknowledged = new Map<string, Written>();
  const kills: Kill[] = [];
  let both = asked.both;
  for (let nth = 0; nth < times; nth += 1) {
    const { kill, after } = await killOnce({ ...asked, both }, nth, acknowledged);
    kills.push(kill);
    asked.onKill?.(kill);
    both = after;
  }
  await until('all to be shown', async () => (await replicas.countUsers(both[0], 'killed-')) !== null);
  const missing = await missingOn(replicas, both, acknowledged);
  const wrong = [...missing, ...(await rowsAsReplayed(replicas))];
  return { kills, acknowledged: acknowledged.size, wrong, both };
}

async function killOnce(
  { replicas, both, chance }: KillsAsked,
  nth: number,
  acknowledged: Map<string, Written>,
): Promise<{ readonly kill: Kill; readonly after: [Replica, Replica] }> {
  const before = acknowledged.size;
  const writing = startWriting(replicas, both, { name: `killed-${nth}`, acknowledged });
  await until('a holder', async () => (await replicas.holder()) !== null);
  await delay(chance.between(beforeKillMs.min, beforeKillMs.max));
  const pid = await replicas.holder();
  const [dead, alive] = both[0].server.child.pid === pid ? both : [both[1], both[0]];
  dead.server.signal('SIGKILL');
  const killedAt = performance.now();
  const since = () => Math.round(performance.now() - killedAt);
  await dead.server.ended;
  const untilSo = (what: string, isSo: () => Promise<boolean>) =>
    within(patienceMs, pollUntil(isSo), what).then(since);
  const takenOverMs = await untilSo(
    'a takeover',
    async () => (await replicas.holder()) === alive.server.child.pid,
  );
  const levelMs = await untilSo(
    'the rows',
    async () => (await replicas.countUsers(alive, 'nobody')) !== null,
  );
  await writing.end();
  const again = await replicas.start(dead.directory);
  await replicas.untilReady(again);
  return { kill: { acknowledged: acknowledged.size - before, takenOverMs, levelMs }, after: [alive, again] };
}

async function pollUntil(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await delay(20);
}

interface Writing {
  readonly name: string;
  readonly acknowledged: Map<string, Written>;
}

function startWriting(replicas: Replicas, both: readonly Replica[], { name, acknowledged }: Writing) {
  let isOver = false;
  let count = 0;
  const write = async (replica: Replica) => {
    while (!isOver && replica.server.isRunning) {
      count += 1;
      const user = `${name}-${count}-`;
      const written = await replicas.addUser(replica, user);
      if (written !== null) acknowledged.set(user, written);
      else await delay(20);
    }
  };
  const writers = Promise.all(both.flatMap((one) => Array.from({ length: writersEach }, () => write(one))));
  return {
    end: async () => {
      isOver = true;
      await writers;
    },
  };
}

async function missingOn(
  replicas: Replicas,
  both: readonly Replica[],
  acknowledged: ReadonlyMap<string, Written>,
): Promise<string[]> {
  const position = [...acknowledged.values()].map((written) => written.position).at(-1);
  const wrong: string[] = [];
  for (const [nth, replica] of both.entries()) {
    const shown = Map.groupBy(await replicas.names(replica, 'killed-', position), (name) => name);
    for (const user of acknowledged.keys())
      if (!shown.has(user)) wrong.push(`${user} is not shown by ${nth}`);
    for (const [user, times] of shown)
      if (times.length > 1) wrong.push(`${user} is shown ${times.length} times by ${nth}`);
  }
  return wrong;
}

/** A dry run of a replay of each projection, and how many events each has seen. */
export async function rowsAsReplayed({ node, url, masterKeyFile }: Replicas): Promise<string[]> {
  const log = await EventStoreDbEventLog.open({ connectionString: node.connectionString });
  const [store, stored] = await Promise.all([openPostgresStore({ url }), PostgresKeyStore.open({ url })]);
  const masterKeys = parseMasterKeys(readFileSync(masterKeyFile, 'utf8'));
  const wrong: string[] = [];
  try {
    const inLog = await countEvents(log);
    for (const projection of models) {
      const live = await store.checkpoint(await store.open(projection));
      if (live?.events !== inLog) wrong.push(`${projection.name} saw ${live?.events} events of ${inLog}`);
      const opener = new ProjectingKeys({ stored, masterKeys });
      const replay = await Replay.begin(projection, { isDryRun: true }, { log, store, opener });
      await replay.rested;
      const { phase, comparison, lastError } = replay.status();
      if (phase !== 'done' || comparison?.kind !== 'equal')
        wrong.push(`${projection.name}: ${lastError ?? (comparison && differencesIn(comparison)) ?? phase}`);
      await replay.close();
    }
    return wrong;
  } finally {
    await Promise.all([store.close(), stored.close(), log.close()]);
  }
}

async function countEvents(log: Pick<EventStoreDbEventLog, 'subscribe'>): Promise<number> {
  let count = 0;
  for await (const item of log.subscribe({ after: logStart })) {
    if (item.kind === 'event') count += 1;
    if (item.kind === 'caught-up') break;
  }
  return count;
}
