// Commands through the bus on the embedded log, beside the same events appended with no command: what
// deciding, opening, comparing and sealing cost on top of what cannot be spared.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import type { Command, CommandBus } from '@nestjs/cqrs';

import { SetUpInstance } from '#application/instance/set-up-instance.js';
import { AddOrganization } from '#application/organization/add-organization.js';
import { StartTotpRegistration } from '#application/totp/start-totp-registration.js';
import { VerifyTotp } from '#application/totp/verify-totp.js';
import { AddHumanUser } from '#application/user/add-human-user.js';
import { HumanProfileFields } from '#application/user/profile.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { defaultSettings } from '#domain/organization/settings.js';
import {
  type EventLog,
  type ExpectedRevision,
  logStart,
  type NewEvent,
  type Position,
} from '#event-log/event-log.js';
import { eventsPerReadMax } from '#event-log/limits.js';
import { SqliteEventLog } from '#event-log-sqlite/sqlite-event-log.js';
import { SqliteKeyStore } from '#key-store-sqlite/sqlite-key-store.js';
import { base32Encode } from '#secrets/base32.js';
import { newId } from '#secrets/ids.js';
import type { KeyStore } from '#secrets/key-store.js';
import { newTotpSecret, totpCode } from '#secrets/totp.js';
import { type CommandHouse, now, openCommandHouse } from '#test/bench/command-house.js';
import { type Figure, ratioFigure } from '#test/bench/figures.js';

const concurrent = 256;
const organizationId = '0198f3a2-0000-7000-8000-000000000001' as OrganizationId;
const by = {
  editor: '0198f3a2-0000-7000-8000-000000000002',
  callId: '01JGFJJZ008C4BVN2VQ3Z9T0RE',
  traceId: null,
};

export interface CommandBenchOptions {
  readonly directory: string;
  /** Each is used once by each kind of command. */
  readonly users: number;
  /** The users are dealt out to so many rounds, which alternate between us and the ceiling. */
  readonly rounds: number;
}

interface Enrolled {
  readonly userId: UserId;
  readonly code: string;
}

interface KindOfCommand {
  readonly make: (user: Enrolled) => Command<{ readonly kind: string }>;
  readonly outcome: 'accepted' | 'rejected';
}

const kinds = {
  StartTotpRegistration: {
    make: ({ userId }) => new StartTotpRegistration({ organizationId, userId, by }),
    outcome: 'accepted',
  },
  VerifyTotp: {
    make: ({ userId, code }) => new VerifyTotp({ organizationId, userId, code, by }),
    outcome: 'accepted',
  },
  'a wrong VerifyTotp': {
    make: ({ userId, code }) => new VerifyTotp({ organizationId, userId, code: wrong(code), by }),
    outcome: 'rejected',
  },
} satisfies Record<string, KindOfCommand>;

/** Not the code of this step; of the one before, once in a million users. */
const wrong = (code: string) => `${(Number(code[0]) + 1) % 10}${code.slice(1)}`;

/** Of the process that imported the users, as a service that runs; and of one that was just started, beside it. */
export async function commandFigures({ directory, users, rounds }: CommandBenchOptions): Promise<Figure[]> {
  const paths = { ours: join(directory, 'ours'), ceiling: join(directory, 'ceiling') };
  mkdirSync(paths.ours, { recursive: true });
  const running = await Running.open(paths.ours);
  const enrolled = await importUsers(running.bus, users);
  await running.log.head();
  const ceiling = await copyOf(running.log, paths.ceiling);
  const figures: Figure[] = [];
  for (const [name, kind] of Object.entries(kinds)) {
    const speeds = await alternate({ running, ceiling, kind, enrolled, rounds });
    figures.push(
      ratioFigure({
        claim: `${name}, ${concurrent} at once, each user once, reaches 0.5 of the same events appended with no command`,
        unit: 'commands/s',
        ...speeds,
        bar: 0.5,
      }),
    );
  }
  await running.close();
  const started = await Running.open(paths.ours);
  const speeds = await alternate({
    running: started,
    ceiling,
    kind: kinds['a wrong VerifyTotp'],
    enrolled,
    rounds,
  });
  figures.push(
    ratioFigure({
      claim: 'the same, a wrong VerifyTotp, in a process that was just started',
      unit: 'commands/s',
      ...speeds,
      bar: 0,
    }),
  );
  await started.close();
  await ceiling.close();
  return figures;
}

/** The same events in the same streams, for the ceiling to go on from. */
async function copyOf(log: EventLog, directory: string): Promise<EventLog> {
  mkdirSync(directory);
  const copy = await SqliteEventLog.open({ directory });
  const revisions = new Map<string, number>();
  for (let after = logStart; ; ) {
    const page = await log.readAll({ direction: 'forward', after, limit: eventsPerReadMax });
    await Promise.all(
      page.map(({ stream, id, type, data, metadata }) => {
        const revision = revisions.get(stream) ?? -1;
        revisions.set(stream, revision + 1);
        return copy.append(stream, [{ id, type, data, metadata }], revision === -1 ? 'no-stream' : revision);
      }),
    );
    const last = page.at(-1);
    if (last === undefined) return copy;
    after = last.position;
  }
}

class Running {
  readonly log: EventLog;
  readonly #keys: KeyStore;
  #house: CommandHouse | null = null;

  private constructor(log: EventLog, keys: KeyStore) {
    this.log = log;
    this.#keys = keys;
  }

  static async open(directory: string): Promise<Running> {
    const log = await SqliteEventLog.open({ directory });
    const keys = await SqliteKeyStore.open({ directory });
    const running = new Running(log, keys);
    running.#house = await openCommandHouse(log, keys);
    return running;
  }

  get bus(): CommandBus {
    return (this.#house as CommandHouse).bus;
  }

  async close(): Promise<void> {
    await this.#house?.close();
    await this.#keys.close();
    await this.log.close();
  }
}

interface Alternation {
  readonly running: Running;
  readonly ceiling: EventLog;
  readonly kind: KindOfCommand;
  readonly enrolled: readonly Enrolled[];
  readonly rounds: number;
}

async function alternate({ running: { bus, log }, ceiling, kind, enrolled, rounds }: Alternation) {
  const speeds: { ours: number[]; ceiling: number[] } = { ours: [], ceiling: [] };
  const perRound = Math.floor(enrolled.length / rounds);
  for (let round = 0; round < rounds; round += 1) {
    const some = enrolled.slice(round * perRound, (round + 1) * perRound);
    const before = await log.head();
    speeds.ours.push(await runCommands(bus, kind, some));
    // Read afterwards: kept while they are made, they would cost us a collector that the ceiling has not.
    const appended = await appendedAfter(log, before);
    if (appended.length !== some.length) throw new Error(`${appended.length} of ${some.length} appended`);
    speeds.ceiling.push(await appendBare(ceiling, appended));
  }
  return speeds;
}

async function appendedAfter(log: EventLog, before: Position): Promise<Append[]> {
  const appended: Append[] = [];
  for (let after = before; ; ) {
    const page = await log.readAll({ direction: 'forward', after, limit: eventsPerReadMax });
    for (const { stream, revision, id, type, data, metadata } of page)
      appended.push({ stream, events: [{ id, type, data, metadata }], expected: revision - 1 });
    const last = page.at(-1);
    if (last === undefined) return appended;
    after = last.position;
  }
}

async function runCommands(bus: CommandBus, { make, outcome }: KindOfCommand, some: readonly Enrolled[]) {
  return perSecond(some, async (user) => {
    const { kind, ...rest } = await bus.execute<{ readonly kind: string }>(make(user));
    if (kind !== outcome) throw new Error(`a command ended ${kind}: ${JSON.stringify(rest)}`);
  });
}

function appendBare(log: EventLog, appended: readonly Append[]): Promise<number> {
  return perSecond(appended, async ({ stream, events, expected }) => {
    await log.append(stream, events, expected);
  });
}

async function perSecond<Item>(items: readonly Item[], each: (item: Item) => Promise<void>): Promise<number> {
  let next = 0;
  const worker = async () => {
    for (;;) {
      const item = items[next];
      next += 1;
      if (item === undefined) return;
      await each(item);
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: concurrent }, worker));
  return (1_000 * items.length) / (performance.now() - started);
}

interface Append {
  readonly stream: string;
  readonly events: readonly NewEvent[];
  readonly expected: ExpectedRevision;
}

async function importUsers(bus: CommandBus, users: number): Promise<Enrolled[]> {
  await bus.execute(new SetUpInstance({ instanceId: 'bench', by }));
  await bus.execute(new AddOrganization({ organizationId, name: 'Acme', by }));
  const enrolled: Enrolled[] = [];
  const profile = new HumanProfileFields({ givenName: 'Ada', familyName: 'Lovelace' });
  const all = Array.from({ length: users }, (_, user) => user);
  const speed = await perSecond(all, async (user) => {
    const seed = newTotpSecret();
    const userId = newId() as UserId;
    const totpSecret = base32Encode(seed);
    const email = `user-${user}@example.com`;
    const added = await bus.execute(
      new AddHumanUser({ organizationId, userId, email, profile, totpSecret, by }),
    );
    if (added.kind === 'rejected') throw new Error(`a user was not added: ${added.refusal.code}`);
    enrolled.push({
      userId,
      code: totpCode({ key: seed, parameters: defaultSettings.totpParameters, at: now }),
    });
  });
  console.log(`     ${users} users imported, ${Math.round(speed)} a second`);
  return enrolled;
}
