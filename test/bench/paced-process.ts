// Calls at a steady rate, from a process of its own: whoever also keeps users, seeds and answers stops now and then to
// collect its own garbage, and would take that for the time of an answer. Prints how long calls waited.

import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { grpcCaller } from '#test/bench/callers.js';

export interface Pace {
  readonly port: number;
  readonly path: string;
  readonly token: string;
  readonly perSecond: number;
  /** In base64. */
  readonly payloads: readonly string[];
}

/** In milliseconds. */
export interface PacedTimes {
  readonly p50: number;
  readonly p99: number;
}

/** Answered before any is timed: connections are made, and code is compiled, by the first. */
const untimed = 1_000;

const pace = JSON.parse(readFileSync(0, 'utf8')) as Pace;
const payloads = pace.payloads.map((payload) => Buffer.from(payload, 'base64'));
const { call, close } = grpcCaller(pace.port, pace.path, pace.token);
await paced(payloads.slice(0, untimed));
const taken = await paced(payloads.slice(untimed));
const sorted = taken.toSorted();
const at = (part: number) => sorted[Math.floor(sorted.length * part)] as number;
process.stdout.write(JSON.stringify({ p50: at(0.5), p99: at(0.99) } satisfies PacedTimes));
close();

/** Calls leave when their time has come, whether earlier ones are answered or not, and their wait counts from then. */
async function paced(some: readonly Buffer[]): Promise<Float64Array> {
  const waited = new Float64Array(some.length);
  const started = performance.now();
  let answered = 0;
  for (let next = 0; answered < some.length; await delay(1)) {
    const due = Math.min(some.length, Math.floor(((performance.now() - started) * pace.perSecond) / 1_000));
    for (; next < due; next += 1) {
      const index = next;
      const planned = started + (index * 1_000) / pace.perSecond;
      void call(some[index] as Buffer).then(() => {
        waited[index] = performance.now() - planned;
        answered += 1;
      });
    }
  }
  return waited;
}
