// An in-memory log, a store in SQLite and runners over them, with faults where a test wants some.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { DomainEvent } from '#event-catalog/catalogue.js';
import type { EventLog, NewEvent, Position } from '#event-log/event-log.js';
import { InMemoryEventLog } from '#event-log/in-memory.js';
import { rowsOf } from '#read-models/contract/samples.js';
import type { Projection, Row } from '#read-models/projection.js';
import { Runner } from '#read-models/runner.js';
import type { RunnerOptions } from '#read-models/runner-options.js';
import type { Batch, Build, ModelStore } from '#read-models/store.js';
import { openSqliteStore } from '#read-models/stores/sqlite/sqlite-model-store.js';
import { newEvent, plainOpener, registry } from '#read-models/testing/registry.js';

const quick = { poisonDelaysMs: [1, 1], retryDelaysMs: [1, 5] };

export class RunnerHouse {
  readonly log = new InMemoryEventLog();
  readonly store: ModelStore;
  readonly troubles: string[] = [];
  readonly #directory = mkdtempSync(join(tmpdir(), 'countersign-runner-'));
  readonly #runners = new Set<Runner>();
  readonly #revisions = new Map<string, number>();

  constructor() {
    this.store = openSqliteStore(join(this.#directory, 'read-models.db'));
  }

  /** Appends at the end of the stream, whatever it holds. */
  async append(stream: string, ...events: readonly (DomainEvent | NewEvent)[]): Promise<Position> {
    const last = this.#revisions.get(stream) ?? -1;
    const made = events.map((event) => ('data' in event ? event : newEvent(event)));
    const { position } = await this.log.append(stream, made, last < 0 ? 'no-stream' : last);
    this.#revisions.set(stream, last + made.length);
    return position;
  }

  open(projection: Projection = registry): Promise<Build> {
    return this.store.open(projection);
  }

  async run(options: Partial<RunnerOptions> & { readonly projection?: Projection } = {}): Promise<Runner> {
    const { projection = registry, ...others } = options;
    const build = others.build ?? (await this.open(projection));
    const runner = new Runner({
      log: this.log,
      store: this.store,
      opener: plainOpener,
      build,
      onTrouble: (text) => this.troubles.push(text),
      ...quick,
      ...others,
    });
    this.#runners.add(runner);
    return runner;
  }

  /** Until the rows show everything that is in the log. */
  async untilCaughtUp(runner: Runner, log: EventLog = this.log): Promise<void> {
    const head = await log.head();
    await until(() => runner.position >= head);
  }

  rows(table: string): Promise<Row[]> {
    return rowsOf(this.store, table, registry);
  }

  async close(): Promise<void> {
    for (const runner of this.#runners) await runner.close();
    await this.store.close();
    await this.log.close();
    rmSync(this.#directory, { recursive: true });
  }
}

/** Fails the test by its own time limit, and no sooner. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** A store whose writes go through `apply`. */
export function storeWith(store: ModelStore, apply: (batch: Batch) => Promise<void>): ModelStore {
  return new Proxy(store, {
    get: (target, name) => {
      if (name === 'apply') return apply;
      const value = Reflect.get(target, name, target) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
