import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { audit } from '#read-models/models/audit.js';
import { organizations } from '#read-models/models/organizations.js';
import { sessions } from '#read-models/models/sessions.js';
import { users } from '#read-models/models/users.js';
import { Replay } from '#read-models/replay/replay.js';
import { openPostgresStore } from '#read-models/stores/postgres/postgres-model-store.js';
import { describeOnPostgres } from '#read-models/testing/describe-on-postgres.js';
import { openerOf } from '#read-models/testing/following.js';
import { beginnings, dealsCount, live, type Step, startLife } from '#read-models/testing/lives.js';
import { openProjected, type ProjectedHouse } from '#read-models/testing/projected.js';

const seed = Date.now() % 2 ** 31;
const runs = 12;
/** Each makes a database. */
const runsOnServer = 3;
/** Ten times what it takes, and shrinking besides. */
const timeoutMs = 600_000;

const number = fc.nat({ max: 255 });
const step = fc.tuple(fc.nat({ max: dealsCount - 1 }), number, number);
const steps = fc.array(step, { minLength: 20, maxLength: 120 });

let rows = 0;

async function replaysAlike(asked: ProjectedHouse, lived: readonly Step[], batchEventsMax: number) {
  const life = startLife(asked.house);
  for (const one of [...beginnings, ...lived]) await live(life, one);
  await asked.rowsOf('users', 'users');
  const { application, parts } = asked.house;
  for (const model of [users, organizations, sessions, audit]) {
    const opener = openerOf(application);
    const replay = await Replay.begin(
      model,
      { isDryRun: true },
      { log: parts.log, store: asked.store, opener, batchEventsMax },
    );
    await replay.rested;
    const { comparison, phase, lastError } = replay.status();
    expect({ phase, lastError, kind: comparison?.kind }).toEqual({
      phase: 'done',
      lastError: null,
      kind: 'equal',
    });
    if (comparison?.kind === 'equal') for (const { replayed } of comparison.tables) rows += replayed.rows;
  }
}

async function holds(openHouse: () => Promise<ProjectedHouse>, numRuns: number): Promise<void> {
  rows = 0;
  const property = fc.asyncProperty(steps, fc.integer({ min: 1, max: 50 }), async (lived, batchEventsMax) => {
    const asked = await openHouse();
    try {
      await replaysAlike(asked, lived, batchEventsMax);
    } finally {
      await asked.close();
    }
  });
  await fc.assert(property, { seed, numRuns });
  expect(rows).toBeGreaterThan(numRuns * 20);
}

describe(`after any commands (seed ${seed})`, () => {
  it('rows that are replayed are those that are live', () => holds(() => openProjected(), runs), timeoutMs);

  describeOnPostgres('rows in PostgreSQL', (server) => {
    const openHouse = () =>
      openProjected(async () => openPostgresStore({ url: await server().createDatabase() }));
    it('that are replayed are those that are live', () => holds(openHouse, runsOnServer), timeoutMs);
  });
});
