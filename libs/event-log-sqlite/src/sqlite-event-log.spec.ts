import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';

import { eventLogContract } from '#event-log/contract/event-log-contract.js';
import { SqliteEventLog } from '#event-log-sqlite/sqlite-event-log.js';

eventLogContract({
  name: 'SQLite',
  create: async () => {
    const threads: Worker[] = [];
    const noteThread = (message: unknown): void => {
      threads.push((message as { worker: Worker }).worker);
    };
    subscribe('worker_threads', noteThread);
    const directory = mkdtempSync(join(tmpdir(), 'countersign-log-'));
    let log = await SqliteEventLog.open({ directory });
    return {
      log,
      reopen: async () => {
        await log.close();
        log = await SqliteEventLog.open({ directory });
        return log;
      },
      // The newest is the one that reads: the writing thread is started first, and only once.
      disconnect: async () => {
        await threads.at(-1)?.terminate();
      },
      dispose: async () => {
        unsubscribe('worker_threads', noteThread);
        await log.close();
        rmSync(directory, { recursive: true });
      },
    };
  },
  gaps: {},
});
