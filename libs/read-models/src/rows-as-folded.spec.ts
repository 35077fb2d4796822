// Rows are held against a fold that knows no tables, whatever happens to the runner meanwhile.

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { DomainEvent } from '#event-catalog/catalogue.js';
import { type ModelStore, ModelStoreError } from '#read-models/store.js';
import { added, joined, left, renamed } from '#read-models/testing/registry.js';
import { RunnerHouse, storeWith } from '#read-models/testing/runner-house.js';

type Written = { readonly stream: string; readonly event: DomainEvent };
type Step = Written | 'restart' | 'wait' | 'fail';

const events = fc.oneof(
  fc.constantFrom('x', 'y', 'z').map(added),
  fc.constantFrom('p', 'q').map(renamed),
  fc.constantFrom('u', 'v').map((user) => joined(user, 'R')),
  fc.constantFrom('u', 'v').map(left),
  fc.constant<DomainEvent>({ type: 'org.removed' }),
  fc.constant<DomainEvent>({ type: 'org.deactivated' }),
);
const streams = fc.constantFrom('a', 'b', 'c').map((id) => `organization-${id}`);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ stream: streams, event: events }) },
    { weight: 1, arbitrary: fc.constantFrom('restart' as const, 'wait' as const, 'fail' as const) },
  ),
  { maxLength: 60 },
);

interface Folded {
  readonly name: string;
  readonly isActive: boolean;
}

class Fold {
  readonly organizations = new Map<string, Folded>();
  members = new Set<string>();

  take({ stream, event }: Written): void {
    const known = this.organizations.get(stream);
    switch (event.type) {
      case 'org.added':
        this.organizations.set(stream, { name: event.name, isActive: true });
        return;
      case 'org.changed':
        if (known) this.organizations.set(stream, { ...known, name: event.name });
        return;
      case 'org.deactivated':
        if (known) this.organizations.set(stream, { ...known, isActive: false });
        return;
      case 'org.member.added':
        this.members.add(`${stream} ${event.userId}`);
        return;
      case 'org.member.removed':
        this.members.delete(`${stream} ${event.userId}`);
        return;
      case 'org.removed':
        this.organizations.delete(stream);
        this.members = new Set([...this.members].filter((member) => !member.startsWith(`${stream} `)));
    }
  }

  rows(): unknown {
    const organizations = [...this.organizations].map(([stream, { name, isActive }]) => [
      stream,
      name,
      isActive ? 'active' : 'inactive',
    ]);
    return { organizations: organizations.sort(), members: [...this.members].sort() };
  }
}

/** Fails as often as it is told: in turn before it has written, and after. */
class FailingStore {
  readonly store: ModelStore;
  failures = 0;

  constructor(store: ModelStore) {
    this.store = storeWith(store, async (batch) => {
      const at = this.failures;
      this.failures = Math.max(0, at - 1);
      if (at % 2 === 1) throw new ModelStoreError('unavailable', 'before');
      await store.apply(batch);
      if (at > 0) throw new ModelStoreError('unavailable', 'after');
    });
  }
}

/** The rows, once all is through, and how many events were counted. */
async function runThrough(house: RunnerHouse, all: readonly Step[], batchEventsMax: number) {
  const failing = new FailingStore(house.store);
  const start = () => house.run({ store: failing.store, batchEventsMax });
  let runner = await start();
  for (const step of all) {
    if (typeof step === 'object') await house.append(step.stream, step.event);
    else if (step === 'wait') await house.untilCaughtUp(runner);
    else if (step === 'fail') failing.failures += 3;
    else {
      await runner.close();
      runner = await start();
    }
  }
  await house.untilCaughtUp(runner);
  const organizations = await house.rows('organizations');
  const members = await house.rows('members');
  return {
    events: (await runner.status()).events,
    rows: {
      organizations: organizations.map(({ id, name, state }) => [`organization-${id}`, name, state]),
      members: members.map((row) => `organization-${row.organization} ${row.user}`).sort(),
    },
  };
}

describe('whatever happens to a runner', () => {
  it('its rows are those of a fold, for any events, sizes of batches, failures and restarts', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 7 }), async (all, batchEventsMax) => {
        const house = new RunnerHouse();
        const fold = new Fold();
        const written = all.filter((step) => typeof step === 'object');
        for (const one of written) fold.take(one);
        try {
          expect(await runThrough(house, all, batchEventsMax)).toEqual({
            events: written.length,
            rows: fold.rows(),
          });
        } finally {
          await house.close();
        }
      }),
      { numRuns: 40 },
    );
  }, 120_000);
});
