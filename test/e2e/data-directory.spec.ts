import { mkdtempSync, truncateSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, describe, expect, it } from '@jest/globals';

import { endAll, ServerProcess, startServer, temporaryDirectory } from '#test/e2e/server-process.js';

afterEach(endAll);

describe('an event log that is damaged', () => {
  it('is not opened: one line says so, and the exit code is 1', async () => {
    const directory = temporaryDirectory();
    const environment = { COUNTERSIGN_DATA_DIR: directory, COUNTERSIGN_LISTEN: '127.0.0.1:0' };
    const first = await startServer({ environment });
    first.signal('SIGTERM');
    await first.ended;
    truncateSync(join(directory, 'events.db'), 100);
    const second = new ServerProcess({ environment });
    expect(await second.ended).toEqual({ code: 1, signal: null });
    expect(second.standardError).toMatch(/^countersign: .* damaged.*\n$/);
    expect(second.standardError).toContain(directory);
  });
});

describe('a second process on the same data directory', () => {
  it('is refused in one line, and the first goes on', async () => {
    const directory = mkdtempSync(join(temporaryDirectory(), 'data-'));
    const first = await startServer({ environment: { COUNTERSIGN_DATA_DIR: directory } });
    const second = new ServerProcess({
      environment: { COUNTERSIGN_DATA_DIR: directory, COUNTERSIGN_LISTEN: '127.0.0.1:0' },
    });
    expect(await second.ended).toEqual({ code: 1, signal: null });
    expect(second.standardError).toMatch(/^countersign: .*another process.*\n$/);
    expect(second.standardError).toContain(directory);
    expect((await fetch(`${first.url}/readyz`)).status).toBe(200);
  });

  it('takes over when the first was killed', async () => {
    const directory = temporaryDirectory();
    const first = await startServer({ environment: { COUNTERSIGN_DATA_DIR: directory } });
    first.signal('SIGKILL');
    await first.ended;
    const second = await startServer({ environment: { COUNTERSIGN_DATA_DIR: directory } });
    expect((await fetch(`${second.url}/readyz`)).status).toBe(200);
  });
});
