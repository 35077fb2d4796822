// The keys that proofs are signed by: by the API of a service, or from the log on this machine.

import { instanceKind } from '#application/kinds.js';
import { instanceStream } from '#application/surroundings.js';
import { type Json, listOf, type ServiceApi } from '#cli/service-api.js';
import type { InstanceEvent } from '#domain/instance/events.js';
import { type KeyInUse, keysInUse } from '#domain/signing-keys/state.js';
import type { EventMetadata, RecordedEvent } from '#event-log/event-log.js';
import { ReadLog } from '#event-log-sqlite/read-log.js';
import type { StoredRow } from '#event-log-sqlite/rows.js';

export const signingKeysPath = '/countersign/v1/signing-keys';

export interface SigningKeyLine {
  readonly signingKey: string;
  readonly use: string;
  readonly addedAt: string;
  /** Null where no other key follows. */
  readonly until: string | null;
}

/** Throws `EventLogError`. */
export function signingKeysIn(directory: string): readonly SigningKeyLine[] {
  const log = ReadLog.open(directory);
  try {
    const state = [...log.stream(instanceStream)].reduce(
      (before, row) => instanceKind.evolve(before, eventOf(row), timeOf(row)),
      instanceKind.initial,
    );
    return state.status === 'ready' ? signingKeyLines(keysInUse(state.signingKeys, Date.now())) : [];
  } finally {
    log.close();
  }
}

export const signingKeyLines = (keys: readonly KeyInUse[]): readonly SigningKeyLine[] =>
  keys.map(({ key, use, until }) => ({
    signingKey: key.keyId,
    use,
    addedAt: new Date(key.addedAt).toISOString(),
    until: until === null ? null : new Date(until).toISOString(),
  }));

export const signingKeysOf = async (service: ServiceApi): Promise<readonly SigningKeyLine[]> =>
  signingKeysTold(await service.ask({ verb: 'GET', path: signingKeysPath }));

export const signingKeysTold = ({ signingKeys }: Json): readonly SigningKeyLine[] =>
  listOf(signingKeys).map(({ id, use, addedAt, until }) => ({
    signingKey: String(id),
    use: String(use)
      .replace(/^SIGNING_KEY_USE_/, '')
      .toLowerCase(),
    addedAt: String(addedAt),
    until: typeof until === 'string' ? until : null,
  }));

const eventOf = ({ type, data }: StoredRow): InstanceEvent =>
  instanceKind.decode({ type, data: JSON.parse(data) } as RecordedEvent);

const timeOf = ({ metadata }: StoredRow): number => Date.parse((JSON.parse(metadata) as EventMetadata).time);

const meanings: Readonly<Record<string, (until: string | null) => string>> = {
  waits: (until) => `waits, and signs from ${until}`,
  signs: (until) => (until === null ? 'signs' : `signs until ${until}`),
  verifies: (until) => `signs no more, and is published until ${until}`,
};

export const signingKeyRows = (keys: readonly SigningKeyLine[]): readonly string[][] =>
  keys.map(({ signingKey, use, addedAt, until }) => [signingKey, addedAt, meanings[use]?.(until) ?? use]);
