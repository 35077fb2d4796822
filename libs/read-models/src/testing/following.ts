// A log that is followed into a store, as a service does it, in one process.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Application } from '#application/application.js';
import type { Secrets } from '#application/parts.js';
import { LiveRunner } from '#read-models/live-runner.js';
import { audit } from '#read-models/models/audit.js';
import { organizations } from '#read-models/models/organizations.js';
import { sessions } from '#read-models/models/sessions.js';
import { users } from '#read-models/models/users.js';
import type { Opener } from '#read-models/opener.js';
import { openQueries, type Queries } from '#read-models/queries/open-queries.js';
import type { OpenSealed, Sources } from '#read-models/queries/queries.js';
import { Replays } from '#read-models/replay/replays.js';
import type { ModelStore } from '#read-models/store.js';
import { openSqliteStore } from '#read-models/stores/sqlite/sqlite-model-store.js';
import { Waits } from '#read-models/waits.js';

export const models = [users, organizations, sessions, audit];
const projections = models.map(({ name }) => name);

export interface Following {
  readonly store: ModelStore;
  readonly queries: Queries;
  readonly runners: ReadonlyMap<string, LiveRunner>;
  readonly replays: Replays;
  /** Everything that is in the log by now is in the rows when it is asked. */
  ask<Answer>(query: (sources: Sources) => Promise<Answer>): Promise<Answer>;
  /** Before the log. */
  close(): Promise<void>;
}

export interface FollowOptions {
  /** Told what only operators are told. */
  readonly onTrouble: (text: string) => void;
  readonly openStore?: (folder: string) => Promise<ModelStore>;
}

export async function follow(
  { parts }: Pick<Application, 'parts'>,
  { onTrouble, openStore = openEmbedded }: FollowOptions,
): Promise<Following> {
  const { log, clock } = parts;
  const { names } = parts.secrets;
  const folder = await mkdtemp(join(tmpdir(), 'read-models-'));
  const store = await openStore(folder);
  const waits = new Waits({ log, soleWriter: false });
  const opener = openerOf({ parts });
  const open = sealedOpenerOf({ parts });
  const runners = new Map<string, LiveRunner>();
  for (const projection of models) {
    const onMoved = waits.moveTo.bind(waits, projection.name);
    const runner = await LiveRunner.start({ log, store, projection, opener, onMoved, onTrouble });
    runners.set(projection.name, runner);
  }
  const replays = await Replays.open({
    store,
    projections: models,
    reading: () => ({ log, opener }),
    onSwitched: (projection) =>
      void runners
        .get(projection)
        ?.look()
        .catch((error) => onTrouble(String(error))),
    onTrouble,
  });
  return {
    store,
    runners,
    replays,
    queries: openQueries({ store, waits, names, open, clock }),
    ask: async (query) => {
      const behind = await waits.awaitPosition({ projections, position: null });
      if (behind !== null) throw new Error(`the rows are ${behind.behindMs} ms behind`);
      const sources = { now: clock(), ...keysOf(names), open };
      return store.read((reading) => query({ reading, ...sources }));
    },
    close: async () => {
      try {
        await replays.close();
        for (const runner of runners.values()) await runner.close();
        waits.close();
        await store.close();
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  };
}

const openEmbedded = async (folder: string) => openSqliteStore(join(folder, 'models.db'));

export const openerOf = ({ parts: { secrets } }: Pick<Application, 'parts'>): Opener => ({
  open: async ({ stream, organizationId }, { purpose, factor, sealed }) => {
    const key = await secrets.keys.get(stream);
    const context = { organizationId: organizationId ?? '', subject: stream, factor, purpose };
    return key === null ? null : secrets.open(key, context, sealed);
  },
});

const keysOf = (names: Secrets['names']): Pick<Sources, 'streamId' | 'fingerprintKey'> => ({
  streamId: (id) => names.streamId(id),
  fingerprintKey: (fingerprint) => names.fingerprintKey(fingerprint),
});

const sealedOpenerOf =
  ({ parts: { secrets } }: Pick<Application, 'parts'>): OpenSealed =>
  async ({ userStream, organizationId, purpose, factor, sealed }) => {
    const key = await secrets.keys.get(userStream);
    const context = { organizationId, subject: userStream, factor, purpose };
    return key === null ? null : secrets.open(key, context, sealed);
  };
