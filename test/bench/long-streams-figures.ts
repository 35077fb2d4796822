// A command on a user with a long history beside the same command on a user with a short one: at hand, and in a
// process that was just started, with as many events after the last snapshot as there can be.

import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { SetUpInstance } from '#application/instance/set-up-instance.js';
import { AddOrganization } from '#application/organization/add-organization.js';
import type { SnapshotStore } from '#application/snapshots.js';
import { VerifyTotp } from '#application/totp/verify-totp.js';
import { AddHumanUser } from '#application/user/add-human-user.js';
import { HumanProfileFields } from '#application/user/profile.js';
import type { Instant, OrganizationId, UserId } from '#domain/ids.js';
import { defaultSettings } from '#domain/organization/settings.js';
import type { EventLog } from '#event-log/event-log.js';
import { SqliteEventLog } from '#event-log-sqlite/sqlite-event-log.js';
import { SqliteKeyStore } from '#key-store-sqlite/sqlite-key-store.js';
import { base32Encode } from '#secrets/base32.js';
import type { KeyStore } from '#secrets/key-store.js';
import { newTotpSecret, totpCode } from '#secrets/totp.js';
import { FileSnapshots } from '#snapshot-files/file-snapshots.js';
import { type CommandHouse, openCommandHouse } from '#test/bench/command-house.js';
import { differenceFigure, type Figure, lowRatioFigure } from '#test/bench/figures.js';
import { grow, type Owner } from '#test/bench/long-stream.js';

const organizationId = '0198f3a2-0000-7000-8000-000000000001' as OrganizationId;
const by = {
  editor: '0198f3a2-0000-7000-8000-000000000002',
  callId: '01JGFJJZ008C4BVN2VQ3Z9T0RE',
  traceId: null,
};
const long = 20_000;
const short = 20;
/** Just under what brings the next snapshot; each command that is measured adds one. */
const afterSnapshot = 200;
const warmRounds = 500;
const coldRounds = 60;
const stepMs = 30_000;

interface Person {
  readonly owner: Owner;
  readonly userId: UserId;
  readonly seed: Buffer;
}

interface Bench {
  readonly log: EventLog;
  readonly keys: KeyStore;
  readonly clock: { now: Instant };
  readonly snapshots: string;
}

export async function longStreamsFigures({ directory }: { readonly directory: string }): Promise<Figure[]> {
  const snapshots = join(directory, 'snapshots');
  mkdirSync(directory, { recursive: true });
  const log = await SqliteEventLog.open({ directory });
  const keys = await SqliteKeyStore.open({ directory });
  const bench = { log, keys, clock: { now: Date.UTC(2030, 0, 1) }, snapshots };
  const people = await populate(bench);
  const cold = await measureCold(bench, people);
  const warm = await measureWarm(bench, people);
  await keys.close();
  await log.close();
  const claim = `a command on a user with ${long.toLocaleString('en')} events`;
  return [
    lowRatioFigure({
      claim: `${claim} costs at most 1.5 times one on a user with ${short} when both are at hand`,
      unit: 'ms',
      ours: warm.long,
      ceiling: warm.short,
      bar: 1.5,
    }),
    differenceFigure({
      claim: `${claim} costs at most 5 ms more than one on a user with ${short} in a process that was just started`,
      unit: 'ms',
      ours: cold.long,
      ceiling: cold.short,
      bar: 5,
    }),
  ];
}

interface People {
  readonly long: Person;
  readonly short: Person;
  readonly other: Person;
}

/** The long stream has its snapshot some two hundred events before its end. */
async function populate(bench: Bench): Promise<People> {
  const house = await open(bench);
  await house.bus.execute(new SetUpInstance({ instanceId: 'bench', by }));
  await house.bus.execute(new AddOrganization({ organizationId, name: 'Acme', by }));
  const people = {
    long: await add(house, 'long'),
    short: await add(house, 'short'),
    other: await add(house, 'other'),
  };
  await house.close();
  const until = bench.clock.now;
  const measured = until - afterSnapshot * 3_600_000;
  await grow(bench.log, people.long.owner, { from: 2, to: long - afterSnapshot, until: measured });
  const first = await open(bench);
  bench.clock.now = measured;
  await verify(first, people.long, bench.clock);
  await first.close();
  await grow(bench.log, people.long.owner, { from: long - afterSnapshot + 1, to: long, until });
  await grow(bench.log, people.short.owner, { from: 2, to: short, until });
  bench.clock.now = until;
  return people;
}

async function measureWarm(bench: Bench, people: People) {
  const times: { long: number[]; short: number[] } = { long: [], short: [] };
  const house = await open(bench);
  for (let round = 0; round < warmRounds; round += 1) await inTurn(bench, { house, people, times, round });
  await house.close();
  // The first ones of each load it, and warm the code up.
  return { long: times.long.slice(50), short: times.short.slice(50) };
}

async function measureCold(bench: Bench, people: People) {
  const times: { long: number[]; short: number[] } = { long: [], short: [] };
  const kept = `${bench.snapshots}-kept`;
  cpSync(bench.snapshots, kept, { recursive: true });
  for (let round = 0; round < coldRounds; round += 1) {
    rmSync(bench.snapshots, { recursive: true });
    cpSync(kept, bench.snapshots, { recursive: true });
    const house = await open(bench);
    bench.clock.now += stepMs;
    await verify(house, people.other, bench.clock);
    await inTurn(bench, { house, people, times, round });
    await house.close();
  }
  return times;
}

interface Round {
  readonly house: CommandHouse;
  readonly people: People;
  readonly times: { readonly long: number[]; readonly short: number[] };
  readonly round: number;
}

/** One of each, now this one first and now that. */
async function inTurn({ clock }: Bench, { house, people, times, round }: Round): Promise<void> {
  clock.now += stepMs;
  const order = round % 2 === 0 ? (['long', 'short'] as const) : (['short', 'long'] as const);
  for (const which of order) times[which].push(await verify(house, people[which], clock));
}

interface PatientHouse extends CommandHouse {
  /** When snapshots that nobody waits for are there. */
  close(): Promise<void>;
}

async function open({ log, keys, clock, snapshots }: Bench): Promise<PatientHouse> {
  const files = await FileSnapshots.open(snapshots);
  const puts: Promise<void>[] = [];
  const store: SnapshotStore = {
    get: (stream) => files.get(stream),
    put: (stream, snapshot) => {
      const put = files.put(stream, snapshot);
      puts.push(put);
      return put;
    },
  };
  const house = await openCommandHouse(log, keys, { clock: () => clock.now, snapshots: store });
  return { ...house, close: () => Promise.all([house.close(), ...puts]).then(() => undefined) };
}

async function add({ bus, application }: CommandHouse, name: string): Promise<Person> {
  const seed = newTotpSecret();
  const profile = new HumanProfileFields({ givenName: 'Ada', familyName: 'Lovelace' });
  const command = { organizationId, email: `${name}@example.com`, profile, by };
  const added = await bus.execute(new AddHumanUser({ ...command, totpSecret: base32Encode(seed) }));
  if (added.kind === 'rejected') throw new Error(`a user was not added: ${added.refusal.code}`);
  const { userId, totpId } = added.answer;
  if (totpId === null) throw new Error('a user was added without the device');
  return { owner: { stream: application.userStream(userId), totpId, organizationId }, userId, seed };
}

/** Milliseconds. */
async function verify(
  { bus }: CommandHouse,
  { userId, seed }: Person,
  { now }: { now: Instant },
): Promise<number> {
  const code = totpCode({ key: seed, parameters: defaultSettings.totpParameters, at: now });
  const command = new VerifyTotp({ organizationId, userId, code, by });
  const started = performance.now();
  const outcome = await bus.execute(command);
  const milliseconds = performance.now() - started;
  if (outcome.kind === 'rejected') throw new Error(`a code was refused: ${outcome.refusal.code}`);
  return milliseconds;
}
