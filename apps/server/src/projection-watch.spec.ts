import { expect, it } from '@jest/globals';

import type { Position } from '#event-log/event-log.js';
import type { RunnerStatus } from '#read-models/runner.js';
import { projectionMetrics } from '#server/metrics/projections.js';
import { watchProjections } from '#server/projection-watch.js';
import { Registry } from '#telemetry/registry.js';

const one = {
  projection: 'users',
  position: '0003' as Position,
  head: '0009' as Position,
  events: 12,
  lagEvents: 6,
  lagSeconds: 1.5,
  parked: [{ stream: 'user-ada', position: '0002' as Position, error: 'broken', attempts: 4 }],
} as unknown as RunnerStatus;

/** The last of them is answered again and again. Null: there is no answer. */
async function textAfter(
  answers: readonly (readonly RunnerStatus[] | null)[],
  looks = answers.length + 1,
): Promise<string> {
  const registry = new Registry();
  let asked = 0;
  const end = watchProjections({
    projections: ['users'],
    metrics: { projection: projectionMetrics(registry) },
    events: new Map([['users', 10]]),
    lookEveryMs: 1,
    status: async () => {
      const answer = answers[Math.min(asked, answers.length - 1)] ?? null;
      asked += 1;
      if (answer === null) throw new Error('it is not there');
      return answer;
    },
  });
  while (asked <= looks) await new Promise((resolve) => setTimeout(resolve, 1));
  end();
  return registry.text();
}

const toldAs = (text: string, name: string) =>
  text
    .split('\n')
    .find((line) => line.startsWith(`countersign_projection_${name}{`))
    ?.split(' ')[1];

it('tells where a projection stands, and how many events it has seen since the start', async () => {
  const text = await textAfter([[one], [{ ...one, events: 15 }]]);
  expect(
    ['lag_events', 'lag_seconds', 'parked_streams', 'events_total'].map((name) => toldAs(text, name)),
  ).toEqual(['6', '1.5', '1', '5']);
});

it('tells no number that nobody knows, where the engine does not count', async () => {
  expect(toldAs(await textAfter([[{ ...one, lagEvents: null }]]), 'lag_events')).toBe('NaN');
  expect(toldAs(await textAfter([[{ ...one, lagEvents: null, head: one.position }]]), 'lag_events')).toBe(
    '0',
  );
});

it.each([
  ['whose thread does not answer', null],
  ['that nobody makes rows of', []],
])('a projection %s is older each time, and never told to be level', async (_, answer) => {
  const level = { ...one, lagEvents: 0, lagSeconds: 0, head: one.position };
  const text = await textAfter([[level], answer], 60);
  expect(toldAs(text, 'lag_events')).toBe('NaN');
  expect(Number(toldAs(text, 'lag_seconds'))).toBeGreaterThan(0.02);
  expect(toldAs(text, 'parked_streams')).toBe('1');
});
