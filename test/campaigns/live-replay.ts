// `npm run campaign:live-replay -- --events 1000000`: a replay of users in the service, while commands are carried out
// and queries ask all the time. Each query that follows a change must show that change and nothing else, and those of
// whom nothing changes must all be there as they were.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import 'reflect-metadata';

import { AddHumanUser } from '#application/user/add-human-user.js';
import { LockUser } from '#application/user/lock-user.js';
import { HumanProfileFields } from '#application/user/profile.js';
import { UnlockUser } from '#application/user/unlock-user.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { positionNumber } from '#event-log/counted-position.js';
import type { Asking } from '#read-models/queries/open-queries.js';
import type { UserAnswer } from '#read-models/queries/users.js';
import { newId } from '#secrets/ids.js';
import { readConfiguration } from '#server/config.js';
import { finishFirstStart } from '#server/first-start.js';
import { openLog } from '#server/log.js';
import { openApplication, openKeys } from '#server/open-application.js';
import { openEventLog } from '#server/open-event-log.js';
import { ReadModels } from '#server/read-models.js';
import { inParallel } from '#test/bench/in-parallel.js';
import { commitOf, print, printTable } from '#test/campaigns/figures.js';

const { values } = parseArgs({
  options: {
    /** In the log before the replay begins. */
    events: { type: 'string', default: '20000' },
    writes: { type: 'string', default: '500' },
    readers: { type: 'string', default: '4' },
    /** For how long it is seen what is usual. */
    usual: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    directory: { type: 'string', default: tmpdir() },
  },
});
const [events, writesPerSecond, seed] = [Number(values.events), Number(values.writes), Number(values.seed)];
const usualMs = Number(values.usual) * 1_000;
/** Whom nothing changes, and who are asked for together. */
const stillCount = 50;
const changingCount = 2_000;
const turnsPerSecond = 100;

const dataDirectory = mkdtempSync(join(values.directory, 'countersign-live-replay-'));
const configuration = readConfiguration({ COUNTERSIGN_DATA_DIR: dataDirectory });
if (configuration.status === 'refused') throw new Error(configuration.problems.join('; '));
const { eventLog: choice, readModels: kept, externalUrl } = configuration.settings;
const { log } = await openLog({ level: 'error', scrub: (line) => line, isTerminal: false });
const { eventLog, projected } = await openEventLog(choice, dataDirectory, log);
const options = { dataDirectory, masterKeyFile: null, readModels: kept, soleWriter: true, log };
const keys = await openKeys(options);
const { masterKeys } = keys;
const readModels = await ReadModels.open({ ...options, eventLog, projected, masterKeys });
const application = await openApplication({ ...options, externalUrl, eventLog: readModels.eventLog }, keys);
const never = new AbortController().signal;
await readModels.firstStart((lost) => finishFirstStart({ ...application, dataDirectory, log, lost }), never);
await readModels.catchUp();
const queries = readModels.queriesOf(application.application);
const { bus } = application;

const by = { editor: 'campaign', callId: 'campaign', traceId: null };
const asking = (): Asking => ({ position: null, signal: never });
const first = await queries.firstOrganization(asking());
if (first.kind === 'rejected') throw new Error('the organizations cannot be read');
const organizationId = first.answer as OrganizationId;
const profile = new HumanProfileFields({ givenName: 'Ada', familyName: 'Lovelace' });

let added = 0;
async function add(): Promise<UserId> {
  const userId = newId() as UserId;
  added += 1;
  const email = `user-${added}@example.com`;
  const outcome = await bus.execute(new AddHumanUser({ organizationId, userId, email, profile, by }));
  if (outcome.kind === 'rejected') throw new Error(`a user was not added: ${outcome.refusal.code}`);
  return userId;
}

const times = { writes: [] as number[], 'own writes': [] as number[], lists: [] as number[] };
const wrong: string[] = [];
const counts = { written: 0, asked: 0, errors: 0, missing: 0, mixed: 0 };

function note(kind: 'errors' | 'missing' | 'mixed', text: string): void {
  counts[kind] += 1;
  if (wrong.length < 20) wrong.push(`${kind}: ${text}`);
}

async function timed<Outcome>(kind: keyof typeof times, run: Promise<Outcome>): Promise<Outcome> {
  const began = performance.now();
  const outcome = await run;
  times[kind].push(performance.now() - began);
  return outcome;
}

async function attempt(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    note('errors', String(error));
  }
}

/** Of one user, one after the other. */
async function change(userId: UserId, isLocked: boolean): Promise<void> {
  const Change = isLocked ? LockUser : UnlockUser;
  const outcome = await timed('writes', bus.execute(new Change({ organizationId, userId, by })));
  counts.written += 1;
  if (outcome.kind === 'rejected') return note('errors', `a change: ${outcome.refusal.code}`);
  const asked = { userId, withMetadata: false };
  const found = await timed('own writes', queries.getUser(organizationId, asked, asking()));
  counts.asked += 1;
  if (found.kind === 'rejected') return note('missing', found.refusal.code);
  const { state, details } = found.answer;
  const expected = isLocked ? 'locked' : 'active';
  if (state !== expected || details.sequence !== outcome.details.sequence)
    note(
      'mixed',
      `${state} at ${details.sequence} where ${expected} at ${outcome.details.sequence} was written`,
    );
}

async function addAndFind(): Promise<void> {
  const userId = await timed('writes', add());
  counts.written += 1;
  const asked = { userId, withMetadata: false };
  const found = await timed('own writes', queries.getUser(organizationId, asked, asking()));
  counts.asked += 1;
  if (found.kind === 'rejected') note('missing', `who was just added: ${found.refusal.code}`);
}

let isOver = false;
const pending = new Set<Promise<void>>();

function begin(run: () => Promise<void>): void {
  const one = attempt(run).finally(() => pending.delete(one));
  pending.add(one);
}

async function write(changing: readonly UserId[]): Promise<void> {
  const locked = new Set<UserId>();
  const busy = new Set<UserId>();
  const began = performance.now();
  for (let sent = 0; !isOver; await delay(1_000 / turnsPerSecond)) {
    const due = ((performance.now() - began) / 1_000) * writesPerSecond;
    for (; sent < due; sent += 1) {
      const userId = changing[(sent * 7 + seed) % changing.length] as UserId;
      if (sent % 10 === 0 || busy.has(userId)) begin(addAndFind);
      else
        begin(async () => {
          busy.add(userId);
          const isLocked = !locked.has(userId);
          if (isLocked) locked.add(userId);
          else locked.delete(userId);
          await change(userId, isLocked);
          busy.delete(userId);
        });
    }
  }
}

async function poll(still: readonly UserId[], expected: ReadonlyMap<UserId, string>): Promise<void> {
  while (!isOver)
    await attempt(async () => {
      const found = await timed('lists', listed(still));
      counts.asked += 1;
      for (const userId of still) {
        const user = found.get(userId);
        if (user === undefined) note('missing', 'one whom nothing changes');
        else if (JSON.stringify(user) !== expected.get(userId)) note('mixed', 'one whom nothing changes');
      }
      await delay(5);
    });
}

async function listed(ids: readonly UserId[]): Promise<ReadonlyMap<UserId, UserAnswer>> {
  const page = { offset: 0, limit: stillCount };
  const filter = { kind: 'ids', ids } as const;
  const search = { filter, column: 'email', isAscending: true, page, withMetadata: false } as const;
  const found = await queries.listUsers(organizationId, search, asking());
  if (found.kind === 'rejected') throw new Error(`a list: ${found.refusal.code}`);
  return new Map(found.answer.items.map((user) => [user.userId as UserId, user]));
}

async function fill(changing: readonly UserId[]): Promise<void> {
  const headNow = async () => positionNumber(await eventLog.head());
  for (let left = events - (await headNow()); left > 0; left = events - (await headNow())) {
    // As many as come to about the rest: a user who is added is some events, and a change is one.
    const round = Array.from({ length: Math.min(20_000, Math.ceil(left / 2)) }, (_, nth) => nth);
    await inParallel(round, 256, async (nth) => {
      if (nth % 5 === 0) await add();
      else {
        const userId = changing[nth % changing.length] as UserId;
        await bus.execute(new LockUser({ organizationId, userId, by }));
        await bus.execute(new UnlockUser({ organizationId, userId, by }));
      }
    });
  }
}

async function quantilesAfter(run: () => Promise<unknown>) {
  for (const kind of Object.keys(times) as (keyof typeof times)[]) times[kind] = [];
  await run();
  return Object.fromEntries(
    Object.entries(times).map(([kind, taken]) => {
      const sorted = taken.toSorted((one, other) => one - other);
      const at = (share: number) => Number((sorted[Math.ceil(sorted.length * share) - 1] ?? 0).toFixed(1));
      return [kind, { calls: sorted.length, 'p50 ms': at(0.5), 'p99 ms': at(0.99) }];
    }),
  );
}

async function replay(): Promise<number> {
  const { replaying } = readModels.threads;
  const began = performance.now();
  const { build } = await replaying.begin('users');
  for (;;) {
    await delay(200);
    const status = (await replaying.status()).find((one) => one.build === build);
    if (status?.phase === 'failed') throw new Error(String(status.lastError));
    if (status?.phase === 'done') return (performance.now() - began) / 1_000;
  }
}

const still = await Promise.all(Array.from({ length: stillCount }, add));
const changing = await Promise.all(Array.from({ length: changingCount }, add));
await fill(changing);
while (!readModels.isCaughtUp) await readModels.catchUp();
await queries.getUser(organizationId, { userId: still[0] as UserId, withMetadata: false }, asking());
while (
  (await queries.getUser(organizationId, { userId: still[0] as UserId, withMetadata: false }, asking()))
    .kind === 'rejected'
);
const expected = new Map([...(await listed(still))].map(([userId, user]) => [userId, JSON.stringify(user)]));
if (expected.size !== stillCount) throw new Error('not everybody is there at the start');
const inLog = positionNumber(await eventLog.head());
print(`${inLog} events are in the log, ${added} users; seed ${seed}, commit ${commitOf()}`);

const work = [
  write(changing),
  ...Array.from({ length: Number(values.readers) }, () => poll(still, expected)),
];
await delay(1_000);
const usual = await quantilesAfter(() => delay(usualMs));
let seconds = 0;
const during = await quantilesAfter(async () => {
  seconds = await replay();
});
await delay(1_000);
isOver = true;
await Promise.all([...work, ...pending]);
const ratios = Object.fromEntries(
  Object.keys(times).map((kind) => [kind, (during[kind]?.['p99 ms'] ?? 0) / (usual[kind]?.['p99 ms'] || 1)]),
);
const rows = Object.keys(times).map((kind) => {
  const [before, meanwhile] = [usual[kind], during[kind]];
  const figures = { 'usual p99 ms': before?.['p99 ms'] ?? 0, 'p99 ms': meanwhile?.['p99 ms'] ?? 0 };
  return [kind, { calls: meanwhile?.calls ?? 0, ...figures, ratio: (ratios[kind] ?? 0).toFixed(2) }] as const;
});
printTable(Object.fromEntries(rows));
const rate = Math.round(inLog / seconds);
print(`replayed in ${seconds.toFixed(1)} s, ${rate} events a second; ${JSON.stringify(counts)}`);
for (const text of wrong) print(text);
const claims = {
  wrong: counts.errors + counts.missing + counts.mixed,
  slower: Math.max(...Object.values(ratios)),
};
print(`${claims.wrong === 0 ? 'yes' : 'NO '}  0 mixed or missing answers, 0 errors`);
print(`${claims.slower <= 2 ? 'yes' : 'NO '}  p99 at most twice its usual: ${claims.slower.toFixed(2)}`);
print(
  JSON.stringify({
    ...{ campaign: 'live-replay', seed, writesPerSecond, events: inLog, seconds, rate },
    ...{ usual, during, counts, commit: commitOf(), node: process.version },
  }),
);
if (claims.wrong > 0 || claims.slower > 2) process.exitCode = 1;
await readModels.close();
await application.close();
await eventLog.close();
rmSync(dataDirectory, { recursive: true });
