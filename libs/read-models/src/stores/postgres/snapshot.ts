// What readers are shown: the builds that are live in one moment, and their rows as they were then.

import type pg from 'pg';

import { ModelStoreError, type Reading } from '#read-models/store.js';
import {
  allBuilds,
  buildsIn,
  type KnownBuild,
  knownBuildOf,
} from '#read-models/stores/postgres/bookkeeping.js';
import { told, withClient } from '#read-models/stores/postgres/connections.js';
import { readingOf } from '#read-models/stores/postgres/postgres-reading.js';

export const beginReading = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

/** With the build `showing` in place of the live one of its projection. */
export async function readSnapshot<Answer>(
  pool: pg.Pool,
  ask: (reading: Reading) => Promise<Answer>,
  showing?: number,
): Promise<Answer> {
  return withClient(pool, async (client) => {
    // Two statements in one message have two results.
    const results = (await told(client.query(`${beginReading}; ${allBuilds}`))) as unknown;
    const [, { rows }] = results as [unknown, { rows: Parameters<typeof knownBuildOf>[0][] }];
    const shown = shownOf(rows.map(knownBuildOf), showing);
    const answer = await ask(readingOf(shown, client)).catch(async (error: unknown) => {
      throw isMissing(error) ? ((await droppedSince(client, shown)) ?? error) : error;
    });
    await told(client.query('ROLLBACK'));
    return answer;
  });
}

/** The live ones, but for the projection of the one that is shown in place of it. */
function shownOf(all: readonly KnownBuild[], showing: number | undefined): KnownBuild[] {
  const instead = all.find(({ build }) => build === showing);
  if (showing !== undefined && instead === undefined) throw new TypeError(`the build ${showing} was dropped`);
  return all.filter((one) => (one.projection === instead?.projection ? one.build === showing : one.isLive));
}

function isMissing(error: unknown): boolean {
  return error instanceof ModelStoreError && (error.cause as { readonly code?: unknown })?.code === '42P01';
}

/** A build that is in the snapshot may be dropped before its tables are asked for: whoever asks again sees the next. */
async function droppedSince(
  client: pg.ClientBase,
  shown: readonly KnownBuild[],
): Promise<ModelStoreError | null> {
  await told(client.query('ROLLBACK'));
  const left = new Set((await buildsIn(client)).map(({ build }) => build));
  if (shown.every(({ build }) => left.has(build))) return null;
  return new ModelStoreError('unavailable', 'the rows that were to be read were dropped');
}
