import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { eventLogContract } from '#event-log/contract/event-log-contract.js';
import { SqliteEventLog } from '#event-log-sqlite/sqlite-event-log.js';

eventLogContract({
  name: 'SQLite',
  create: async () => {
    const directory = mkdtempSync(join(tmpdir(), 'countersign-log-'));
    let log = await SqliteEventLog.open({ directory });
    return {
      log,
      reopen: async () => {
        await log.close();
        log = await SqliteEventLog.open({ directory });
        return log;
      },
      disconnect: async () => undefined,
      dispose: async () => {
        await log.close();
        rmSync(directory, { recursive: true });
      },
    };
  },
  gaps: {},
});
