// Commands through the bus on the embedded log, beside the same events appended with no command: what
// deciding, opening, comparing and sealing cost on top of what cannot be spared.

import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import type { Command, CommandBus } from '@nestjs/cqrs';

import { AddOrganization } from '#application/organization/add-organization.js';
import { StartTotpRegistration } from '#application/totp/start-totp-registration.js';
import { VerifyTotp } from '#application/totp/verify-totp.js';
import { AddHumanUser } from '#application/user/add-human-user.js';
import { HumanProfileFields } from '#application/user/profile.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { defaultSettings } from '#domain/organization/settings.js';
import type { EventLog, ExpectedRevision, NewEvent } from '#event-log/event-log.js';
import { SqliteEventLog } from '#event-log-sqlite/sqlite-event-log.js';
import { SqliteKeyStore } from '#key-store-sqlite/sqlite-key-store.js';
import { base32Encode } from '#secrets/base32.js';
import { newId } from '#secrets/ids.js';
import { newTotpSecret, totpCode } from '#secrets/totp.js';
import { now, openCommandHouse } from '#test/bench/command-house.js';
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

const kinds: Readonly<Record<string, KindOfCommand>> = {
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
};

/** Not the code of this step; of the one before, once in a million users. */
const wrong = (code: string) => `${(Number(code[0]) + 1) % 10}${code.slice(1)}`;

export async function commandFigures({ directory, users, rounds }: CommandBenchOptions): Promise<Figure[]> {
  const paths = { ours: join(directory, 'ours'), ceiling: join(directory, 'ceiling') };
  mkdirSync(paths.ours, { recursive: true });
  const enrolled = await importUsers(paths.ours, users);
  cpSync(paths.ours, paths.ceiling, { recursive: true });
  const ceiling = await SqliteEventLog.open({ directory: paths.ceiling });
  const figures: Figure[] = [];
  for (const [name, kind] of Object.entries(kinds)) {
    const speeds = await alternate({ ours: paths.ours, ceiling, kind, enrolled, rounds });
    figures.push(
      ratioFigure({
        claim: `${name}, ${concurrent} at once, each user once, reaches 0.5 of the same events appended with no command`,
        unit: 'commands/s',
        ...speeds,
        bar: 0.5,
      }),
    );
  }
  await ceiling.close();
  return figures;
}

interface Alternation {
  readonly ours: string;
  readonly ceiling: EventLog;
  readonly kind: KindOfCommand;
  readonly enrolled: readonly Enrolled[];
  readonly rounds: number;
}

/** In a process that has just been started: nothing of any user is at hand. */
async function alternate({ ours, ceiling, kind, enrolled, rounds }: Alternation) {
  const log = await SqliteEventLog.open({ directory: ours });
  const keys = await SqliteKeyStore.open({ directory: ours });
  const appended: Append[] = [];
  const house = await openCommandHouse(recording(log, appended), keys);
  const speeds: { ours: number[]; ceiling: number[] } = { ours: [], ceiling: [] };
  const perRound = Math.floor(enrolled.length / rounds);
  for (let round = 0; round < rounds; round += 1) {
    const some = enrolled.slice(round * perRound, (round + 1) * perRound);
    appended.length = 0;
    speeds.ours.push(await runCommands(house.bus, kind, some));
    if (appended.length !== some.length) throw new Error(`${appended.length} of ${some.length} appended`);
    speeds.ceiling.push(await appendBare(ceiling, appended));
  }
  await house.close();
  await keys.close();
  await log.close();
  return speeds;
}

async function runCommands(bus: CommandBus, { make, outcome }: KindOfCommand, some: readonly Enrolled[]) {
  const commands = some.map(make);
  return perSecond(commands, async (command) => {
    const { kind, ...rest } = await bus.execute<{ readonly kind: string }>(command);
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

function recording(log: EventLog, appended: Append[]): EventLog {
  return {
    append: (stream, events, expected) => {
      appended.push({ stream, events, expected });
      return log.append(stream, events, expected);
    },
    readStream: (stream, options) => log.readStream(stream, options),
    readAll: (options) => log.readAll(options),
    subscribe: (options) => log.subscribe(options),
    head: () => log.head(),
    identity: () => log.identity(),
    close: () => log.close(),
  };
}

async function importUsers(directory: string, users: number): Promise<Enrolled[]> {
  const log = await SqliteEventLog.open({ directory });
  const keys = await SqliteKeyStore.open({ directory });
  const house = await openCommandHouse(log, keys);
  await house.bus.execute(new AddOrganization({ organizationId, name: 'Acme', by }));
  const enrolled: Enrolled[] = [];
  const profile = new HumanProfileFields({ givenName: 'Ada', familyName: 'Lovelace' });
  const seconds = await perSecond(
    Array.from({ length: users }, (_, user) => user),
    async (user) => {
      const seed = newTotpSecret();
      const userId = newId() as UserId;
      const totpSecret = base32Encode(seed);
      const email = `user-${user}@example.com`;
      const added = await house.bus.execute(
        new AddHumanUser({ organizationId, userId, email, profile, totpSecret, by }),
      );
      if (added.kind === 'rejected') throw new Error(`a user was not added: ${added.refusal.code}`);
      const code = totpCode({ key: seed, parameters: defaultSettings.totpParameters, at: now });
      enrolled.push({ userId, code });
    },
  );
  console.log(`     ${users} users imported, ${Math.round(seconds)} a second`);
  await house.close();
  await keys.close();
  await log.close();
  return enrolled;
}
