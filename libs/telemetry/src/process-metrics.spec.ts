import { expect, it } from '@jest/globals';

import { measureProcess } from '#telemetry/process-metrics.js';
import { Registry } from '#telemetry/registry.js';

const numberOf = (text: string, series: string): number =>
  Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.slice(series.length),
  );

it('a process tells its memory, its processor time, its start and what it has open', () => {
  const registry = new Registry();
  const stop = measureProcess(registry);
  const text = registry.text();
  stop();
  expect(numberOf(text, 'process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
  expect(numberOf(text, 'nodejs_heap_size_used_bytes')).toBeGreaterThan(1_000_000);
  expect(numberOf(text, 'nodejs_external_memory_bytes')).toBeGreaterThan(0);
  expect(numberOf(text, 'process_cpu_seconds_total')).toBeGreaterThan(0);
  expect(numberOf(text, 'process_start_time_seconds') * 1_000).toBeLessThan(Date.now());
  const isTold = process.platform !== 'linux' || numberOf(text, 'process_open_fds') > 2;
  expect(isTold).toBe(true);
});

it('a loop that is held up for half a second has a delay of some hundred milliseconds, and was busy', async () => {
  const registry = new Registry();
  const stop = measureProcess(registry);
  const busyBefore = numberOf(registry.text(), 'countersign_event_loop_busy_seconds_total');
  await new Promise((resolve) => setTimeout(resolve, 50));
  const until = performance.now() + 500;
  while (performance.now() < until);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const text = registry.text();
  stop();
  const count = (le: string) => numberOf(text, `countersign_event_loop_delay_seconds_bucket{le="${le}"}`);
  expect(count('+Inf') - count('0.25')).toBeGreaterThanOrEqual(1);
  expect(numberOf(text, 'countersign_event_loop_busy_seconds_total') - busyBefore).toBeGreaterThan(0.4);
});
