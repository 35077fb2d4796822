// A house whose log is projected into a store before each question, without anything that runs by itself.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Application } from '#application/application.js';
import { type AskedHouse, openAsked } from '#application/testing/asked.js';
import { decodeEvent } from '#event-catalog/catalogue.js';
import { type EventLog, logStart, type RecordedEvent } from '#event-log/event-log.js';
import { eventsPerReadMax } from '#event-log/limits.js';
import { audit } from '#read-models/models/audit.js';
import { organizations } from '#read-models/models/organizations.js';
import { users } from '#read-models/models/users.js';
import type { Changes, Opening, Place, Projection, Row, RowChange } from '#read-models/projection.js';
import type { Sources } from '#read-models/queries/queries.js';
import type { Build, ModelStore, OpenedChange } from '#read-models/store.js';
import { openSqliteStore } from '#read-models/stores/sqlite/sqlite-model-store.js';

export const models = [users, organizations, audit];

export interface ProjectedHouse extends AskedHouse {
  readonly store: ModelStore;
  /** Everything that is in the log by now is in the rows when it is asked. */
  ask<Answer>(query: (sources: Sources) => Promise<Answer>): Promise<Answer>;
  /** All rows of a table. */
  rowsOf(projection: string, table: string): Promise<readonly Row[]>;
}

export async function openProjected(given?: EventLog): Promise<ProjectedHouse> {
  const asked = await openAsked(given);
  const folder = await mkdtemp(join(tmpdir(), 'read-models-'));
  const store = openSqliteStore(join(folder, 'models.db'));
  const builds = await Promise.all(models.map((model) => store.open(model)));
  const { application, parts, clock } = asked.house;
  let caughtUp = Promise.resolve();
  const catchUp = () => {
    caughtUp = caughtUp.then(async () => {
      for (const build of builds) await project(parts.log, { build, store, application });
    });
    return caughtUp;
  };
  return {
    ...asked,
    store,
    ask: async (query) => {
      await catchUp();
      const streamId = (id: string) => parts.secrets.names.streamId(id);
      return store.read((reading) => query({ reading, now: clock.now, streamId }));
    },
    rowsOf: async (projection, table) => {
      await catchUp();
      return store.read(({ db, tableOf }) => db.selectFrom(tableOf(projection, table)).selectAll().execute());
    },
    close: async () => {
      await store.close();
      await asked.close();
      await rm(folder, { recursive: true });
    },
  };
}

interface Into {
  readonly build: Build;
  readonly store: ModelStore;
  readonly application: Application;
}

async function project(log: EventLog, { build, store, application }: Into): Promise<void> {
  for (;;) {
    const from = await store.checkpoint(build);
    const after = from?.position ?? logStart;
    const events = await log.readAll({ direction: 'forward', after, limit: eventsPerReadMax });
    const last = events.at(-1);
    if (last === undefined) return;
    const changes: OpenedChange[] = [];
    for (const event of events) {
      const place = placeOf(event);
      for (const change of changesOf(build.projection, event, place))
        changes.push(await opened(change, place, application));
    }
    const to = { log: 'one', position: last.position, events: (from?.events ?? 0) + events.length };
    await store.apply({ build, changes, from, to });
  }
}

function changesOf({ on, onEach }: Projection, recorded: RecordedEvent, place: Place): readonly RowChange[] {
  const event = decodeEvent(recorded);
  const own = on[event.type] as Changes<typeof event> | undefined;
  return [...(onEach?.(event, place) ?? []), ...(own?.(event, place) ?? [])];
}

export function placeOf({ stream, revision, position, metadata }: RecordedEvent): Place {
  const said = (name: string) => (metadata[name] ?? null) as string | null;
  return {
    stream,
    revision,
    position,
    time: Date.parse(metadata.time),
    organizationId: said('organization'),
    editor: said('editor'),
    callId: said('call'),
    traceId: said('trace'),
  };
}

async function opened(change: RowChange, place: Place, application: Application): Promise<OpenedChange> {
  if (change.change === 'remove' || change.openings === undefined) return change;
  const cells: Row[] = [];
  for (const opening of change.openings)
    cells.push(opening.cells(await openedCell(opening, place, application)));
  const { openings: _, ...rest } = change;
  return rest.change === 'put'
    ? { ...rest, row: Object.assign({}, rest.row, ...cells) }
    : { ...rest, cells: Object.assign({}, rest.cells, ...cells) };
}

async function openedCell(
  { purpose, factor, sealed }: Opening,
  { stream, organizationId }: Place,
  { parts: { secrets } }: Application,
): Promise<Buffer | null> {
  const key = await secrets.keys.get(stream);
  if (key === null) return null;
  const context = { organizationId: organizationId ?? '', subject: stream, factor, purpose };
  return secrets.open(key, context, sealed);
}
