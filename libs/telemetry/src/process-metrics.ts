// What any process of Node tells of itself, under the names that dashboards for Node already know.

import { readdirSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

import type { Registry } from '#telemetry/registry.js';

/** Short beside what a caller notices, and some fifty wake-ups a second. */
const sampleMs = 20;
const delayBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** Answers how to stop. */
export function measureProcess(registry: Registry): () => void {
  measureMemory(registry);
  measureProcessor(registry);
  measureDescriptors(registry);
  return measureLoop(registry);
}

function measureMemory(registry: Registry): void {
  const resident = registry
    .gauge({ name: 'process_resident_memory_bytes', help: 'Memory that the process holds.' })
    .of();
  const heap = registry
    .gauge({ name: 'nodejs_heap_size_used_bytes', help: 'What objects of JavaScript take.' })
    .of();
  const external = registry
    .gauge({ name: 'nodejs_external_memory_bytes', help: 'What objects hold outside of the heap.' })
    .of();
  registry.beforeText(() => {
    const usage = process.memoryUsage();
    resident.set(usage.rss);
    heap.set(usage.heapUsed);
    external.set(usage.external);
  });
}

function measureProcessor(registry: Registry): void {
  const seconds = registry
    .counter({ name: 'process_cpu_seconds_total', help: 'Processor time of all threads, in seconds.' })
    .of();
  registry
    .gauge({ name: 'process_start_time_seconds', help: 'When the process began, in seconds since 1970.' })
    .of()
    .set(Math.round(performance.timeOrigin) / 1_000);
  registry.beforeText(() => {
    const { user, system } = process.cpuUsage();
    seconds.reach((user + system) / 1e6);
  });
}

/** Told on Linux only. */
function measureDescriptors(registry: Registry): void {
  const descriptors = registry.gauge({
    name: 'process_open_fds',
    help: 'Files and connections that are open.',
  });
  if (process.platform !== 'linux') return;
  const open = descriptors.of();
  registry.beforeText(() => open.set(readdirSync('/proc/self/fd').length));
}

/** By how late a timer comes: a histogram may be scraped by several, and loses nothing between two of them. */
function measureLoop(registry: Registry): () => void {
  const delay = registry
    .histogram(
      {
        name: 'countersign_event_loop_delay_seconds',
        help: 'How late the serving thread comes to what is due.',
      },
      delayBounds,
    )
    .of();
  const busy = registry
    .counter({
      name: 'countersign_event_loop_busy_seconds_total',
      help: 'How long the serving thread was not waiting.',
    })
    .of();
  registry.beforeText(() => busy.reach(performance.eventLoopUtilization().active / 1_000));
  let due = performance.now() + sampleMs;
  const timer = setInterval(() => {
    const now = performance.now();
    delay.observe(Math.max(0, now - due) / 1_000);
    due = now + sampleMs;
  }, sampleMs).unref();
  return () => clearInterval(timer);
}
