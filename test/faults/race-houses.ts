// Several processes on one log, as far as a test can have them in one: each house has caches, keys at hand
// and a command bus of its own, so that nothing but the expected revision stands between them.

import type { Caller } from '#application/caller.js';
import { AddOrganization } from '#application/organization/add-organization.js';
import type { Secrets } from '#application/parts.js';
import { Sealer } from '#application/sealer.js';
import { type House, openHouse, organizationId, startOfTime } from '#application/testing/house.js';
import { masterKeys, realSecrets } from '#application/testing/secrets.js';
import { AddHumanUser } from '#application/user/add-human-user.js';
import { HumanProfileFields } from '#application/user/profile.js';
import type { AccountEvent } from '#domain/account/events.js';
import type { Instant, TotpId, UserId } from '#domain/ids.js';
import { defaultSettings } from '#domain/organization/settings.js';
import { encodeEvent } from '#event-catalog/catalogue.js';
import { EventLogError } from '#event-log/errors.js';
import type { EventLog } from '#event-log/event-log.js';
import { logWith } from '#event-log/log-with.js';
import { base32Encode } from '#secrets/base32.js';
import { DataKeys } from '#secrets/data-keys.js';
import { HashLane, type WorkFactor } from '#secrets/hash-lane.js';
import { newId } from '#secrets/ids.js';
import { InMemoryKeyStore } from '#secrets/in-memory-key-store.js';
import type { KeyStore } from '#secrets/key-store.js';
import type { MasterKeys } from '#secrets/master-keys.js';
import { newTotpSecret, totpCode } from '#secrets/totp.js';

/** In the middle of a step, so that nothing hangs on the first millisecond of one. */
export const raceTime: Instant = startOfTime + 86_415_000;
export const stepNow = Math.floor(raceTime / 30_000);

/** What a control puts in the place of a part. */
export interface Tampering {
  readonly log?: (log: EventLog, house: number) => EventLog;
  readonly secrets?: (secrets: Secrets, house: number) => Secrets;
}

export interface NeighboursOptions {
  readonly log: EventLog;
  readonly houses: number;
  readonly tampering?: Tampering;
  readonly store?: KeyStore;
  readonly keysBy?: MasterKeys;
}

export interface Neighbours {
  readonly log: EventLog;
  /** Those that race. */
  readonly houses: readonly House[];
  /** The one that prepares what they race for, so that they meet it cold. */
  readonly builder: House;
  /** Appends that the log refused because another one had come first. */
  readonly conflicts: { count: number };
  close(): Promise<void>;
}

export async function openNeighbours(options: NeighboursOptions): Promise<Neighbours> {
  const { log, tampering = {}, store = new InMemoryKeyStore(), keysBy = masterKeys } = options;
  const conflicts = { count: 0 };
  const open = async (seen: EventLog, tamper: (secrets: Secrets) => Secrets) => {
    const keys = new DataKeys({ store, masterKeys: keysBy });
    const secrets = { ...(await realSecrets(store)), keys, recoveryHashes: quickHashes() };
    const clockAt = { now: raceTime };
    return openHouse({ log: seen, secrets: tamper(secrets), soleWriter: false, clockAt });
  };
  const builder = await open(log, (secrets) => secrets);
  await builder.run(new AddOrganization({ organizationId, name: 'Acme', by: callOf('organization') }));
  const counting = countConflicts(log, conflicts);
  const houses = await Promise.all(
    Array.from({ length: options.houses }, (_, index) =>
      open(tampering.log?.(counting, index) ?? counting, (secrets) =>
        tampering.secrets === undefined ? secrets : tampering.secrets(secrets, index),
      ),
    ),
  );
  return {
    log,
    houses,
    builder,
    conflicts,
    close: async () => {
      await Promise.all([builder, ...houses].map((house) => house.close()));
    },
  };
}

export interface Person {
  readonly userId: UserId;
  readonly stream: string;
  readonly phone: TotpId;
  readonly seed: Buffer;
}

/** Somebody with an authenticator app, of which no code was used so far. */
export async function addPerson({ builder }: Pick<Neighbours, 'builder'>): Promise<Person> {
  const seed = newTotpSecret();
  const userId = newId() as UserId;
  const added = await builder.run(
    new AddHumanUser({
      organizationId,
      userId,
      email: `${userId}@example.com`,
      profile: new HumanProfileFields({ givenName: 'Ada', familyName: 'L' }),
      totpSecret: base32Encode(seed),
      by: callOf('preparation'),
    }),
  );
  if (added.kind === 'rejected' || added.answer.totpId === null) throw new Error(JSON.stringify(added));
  return {
    userId,
    stream: builder.application.userStream(userId),
    phone: added.answer.totpId,
    seed,
  };
}

/** What happened before the race, written past the commands. */
export async function appendPast(
  { log }: Pick<Neighbours, 'log'>,
  { stream }: Person,
  past: readonly { readonly at: Instant; readonly event: AccountEvent }[],
): Promise<void> {
  const events = past.map(({ at, event }) => ({
    id: newId(),
    ...encodeEvent(event),
    metadata: { time: new Date(at).toISOString(), call: 'preparation' },
  }));
  if (events.length > 0) await log.append(stream, events, 'exists');
}

/** A seed of this user's, as an event keeps it. */
export async function sealSeed({ builder }: Neighbours, { stream }: Person, totpId: TotpId, seed: Buffer) {
  const { secrets } = builder.parts;
  const key = await secrets.keys.get(stream);
  if (key === null) throw new Error('the user has no key');
  return new Sealer(secrets, key, organizationId).seal('totp-secret', seed, totpId);
}

export function codeAt(seed: Buffer, step: number): string {
  return totpCode({ key: seed, parameters: defaultSettings.totpParameters, at: step * 30_000 });
}

export const callOf = (callId: string): Caller => ({ editor: 'administrator', callId, traceId: null });

/** Argon2id at its least: races are won and lost around a hash, not in it. */
function quickHashes(): Secrets['recoveryHashes'] {
  const lane = new HashLane({ concurrent: 2, waitingMax: 10_000 });
  const least: WorkFactor = { memoryKibibytes: 8, passes: 1 };
  return {
    hash: (text) => lane.hash(text, least),
    verify: (stored, text) => lane.verify(stored, text),
    verifyDummy: (text) => lane.verifyDummy(text, least),
  };
}

function countConflicts(log: EventLog, conflicts: { count: number }): EventLog {
  return logWith(log, {
    append: async (stream, events, expected) => {
      try {
        return await log.append(stream, events, expected);
      } catch (error) {
        if (error instanceof EventLogError && error.code === 'version-conflict') conflicts.count += 1;
        throw error;
      }
    },
  });
}
