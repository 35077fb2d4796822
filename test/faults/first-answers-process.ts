// Opens a log, and tells its first answers as soon as it has them.

import { randomUUID } from 'node:crypto';

import { SqliteEventLog } from '#event-log-sqlite/sqlite-event-log.js';

const [directory = ''] = process.argv.slice(2);

const log = await SqliteEventLog.open({ directory });
const metadata = { time: '2026-01-02T03:04:05.678Z' };
const { position } = await log.append(
  `session-${randomUUID()}`,
  [{ id: randomUUID(), type: 'session.added', data: {}, metadata }],
  'no-stream',
);
const [last] = await log.readAll({ direction: 'backward', before: 'end', limit: 1 });
process.stdout.write(`${JSON.stringify({ appended: position, read: last?.position })}\n`);
await log.close();
