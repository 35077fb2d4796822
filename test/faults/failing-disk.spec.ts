import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { type ClientOrder, type ClientRun, faultsAfter, runClient, told } from '#test/faults/one-client.js';
import { quickest } from '#test/faults/quickest.js';
import { delaying, type FailingCall, failing, lackingForFailingCalls } from '#test/faults/system-calls.js';

const lacking = lackingForFailingCalls();

function onFailingDisk(title: string, check: () => Promise<void>): void {
  if (lacking === undefined) it(title, check);
  else it.skip(`${title} [gap: ${lacking}]`, check);
}

let scratch: string;
let order: ClientOrder;
let trace: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'countersign-failing-disk-'));
  order = { directory: join(scratch, 'log'), appends: 12, bytes: 10, patienceMs: 10_000 };
  trace = join(scratch, 'trace');
});
afterEach(() => rmSync(scratch, { recursive: true }));

const refusals = (run: ClientRun) => told(run, 'refused').map(({ code }) => code);
const answers = (run: ClientRun) => new Set(told(run, 'read').map(({ answer }) => answer));
const troubles = (run: ClientRun) => told(run, 'trouble').map(({ text }) => text);

describe('a disk that fails once', () => {
  const failures: readonly (FailingCall & { readonly what: string; readonly file: string })[] = [
    {
      file: 'events.db-wal',
      what: 'the first fsync of the WAL for an append',
      call: 'fsync',
      error: 'EIO',
      when: '14',
    },
    { file: 'events.db-wal', what: 'an fsync of the WAL', call: 'fsync', error: 'EIO', when: '17' },
    {
      file: 'events.db-wal',
      what: 'an fsync of the WAL, for lack of space',
      call: 'fsync',
      error: 'ENOSPC',
      when: '19',
    },
    {
      file: 'events.head',
      what: 'the first fdatasync of the head mark',
      call: 'fdatasync',
      error: 'EIO',
      when: '1',
    },
    {
      file: 'events.head',
      what: 'an fdatasync of the head mark',
      call: 'fdatasync',
      error: 'EIO',
      when: '6',
    },
    { file: 'events.db-wal', what: 'a write', call: 'pwrite64', error: 'EIO', when: '50' },
    {
      file: 'events.db-wal',
      what: 'a write to a disk that is read-only now',
      call: 'pwrite64',
      error: 'EROFS',
      when: '57',
    },
  ];
  for (const { what, file, ...failure } of failures) {
    onFailingDisk(
      `${what} fails: that append is not acknowledged until its retry is one append`,
      async () => {
        const run = await runClient(order, failing(failure, trace));
        const failed = readFileSync(trace, 'utf8')
          .split('\n')
          .find((call) => call.includes('(INJECTED)'));
        expect(failed).toContain(`/${file}>`);
        expect(run).toMatchObject({ end: 'exit 0', errors: '' });
        expect(refusals(run)[0]).toBe('outcome-unknown');
        expect(new Set(refusals(run).slice(1))).toEqual(
          new Set(
            refusals(run)
              .slice(1)
              .map(() => 'unavailable'),
          ),
        );
        expect(told(run, 'acknowledged')).toHaveLength(order.appends);
        expect(answers(run)).toEqual(new Set(['answered']));
        expect(troubles(run)).toEqual([
          expect.stringMatching(/^writing failed: /),
          'the log was opened anew',
        ]);
        expect(await faultsAfter(run, order.directory)).toEqual([]);
      },
    );
  }

  for (const neverReads of [false, true]) {
    const whose = neverReads ? 'a client that never reads' : 'a client that reads';
    onFailingDisk(`what was open when an fsync failed is never used again, by ${whose}`, async () => {
      await runClient({ ...order, neverReads }, failing({ call: 'fsync', error: 'EIO', when: '17' }, trace));
      const calls = readFileSync(trace, 'utf8').split('\n');
      const failed = calls.findIndex((call) => call.includes('(INJECTED)'));
      expect(calls[failed]).toMatch(/fsync\(\d+<.*events\.db-wal>\)/);
      const after = calls.slice(failed + 1).filter((call) => call.includes('events.db-wal'));
      expect(after[0]).toMatch(/openat\(.*events\.db-wal/);
      // Before anything else is synced, what the WAL holds is synced anew and taken into the file.
      const synced = calls
        .slice(failed + 1)
        .flatMap((call) => /fsync\(\d+<.*(events\.[^>]*)>/.exec(call)?.[1] ?? []);
      expect(synced.slice(0, 2)).toEqual(['events.db-wal', 'events.db']);
    });
  }

  onFailingDisk(
    'a write finds no space once: it is refused as unavailable, and nothing is opened anew',
    async () => {
      const run = await runClient(order, failing({ call: 'pwrite64', error: 'ENOSPC', when: '50' }, trace));
      expect(run).toMatchObject({ end: 'exit 0', errors: '' });
      expect(refusals(run)).toEqual(['unavailable']);
      expect(troubles(run)).toEqual([]);
      expect(told(run, 'acknowledged')).toHaveLength(order.appends);
      expect(await faultsAfter(run, order.directory)).toEqual([]);
    },
  );

  onFailingDisk('a read fails: it is unavailable, not damage, and the next one is answered', async () => {
    const run = await runClient(order, failing({ call: 'pread64', error: 'EACCES', when: '20..21' }, trace));
    expect(answers(run)).toEqual(new Set(['answered', 'unavailable']));
    expect(told(run, 'read').at(-1)).toMatchObject({ answer: 'answered' });
    expect(refusals(run)).toEqual([]);
    expect(await faultsAfter(run, order.directory)).toEqual([]);
  });
});

describe('a disk that fails for a while', () => {
  onFailingDisk('appends work again when it does, and reads always did', async () => {
    const run = await runClient(order, failing({ call: 'fsync', error: 'EIO', when: '16..20' }, trace));
    expect(run).toMatchObject({ end: 'exit 0', errors: '' });
    expect(troubles(run).filter((text) => text.startsWith('opening the log anew failed'))).not.toHaveLength(
      0,
    );
    expect(troubles(run).at(-1)).toBe('the log was opened anew');
    expect(told(run, 'acknowledged')).toHaveLength(order.appends);
    expect(answers(run)).toEqual(new Set(['answered']));
    expect(await faultsAfter(run, order.directory)).toEqual([]);
  });

  onFailingDisk('for ever: nothing more is acknowledged, reads go on, and it can be closed', async () => {
    const started = performance.now();
    const run = await runClient(
      { ...order, patienceMs: 1_000 },
      failing({ call: 'fsync', error: 'EIO', when: '17+' }, trace),
    );
    expect(performance.now() - started).toBeLessThan(6_000);
    expect(run).toMatchObject({ end: 'exit 0', errors: '' });
    expect(told(run, 'closed')).toHaveLength(1);
    expect(told(run, 'acknowledged').length).toBeGreaterThan(0);
    expect(told(run, 'acknowledged').length).toBeLessThan(order.appends);
    expect(answers(run)).toEqual(new Set(['answered']));
    expect(await faultsAfter(run, order.directory)).toEqual([]);
  });
});

describe('a disk that is slow', () => {
  onFailingDisk('reads are answered while an append waits for its fsync', async () => {
    const slowestMs = await quickest(600, async () => {
      const run = await runClient(
        { ...order, appends: 2, readsWhileAppending: true },
        delaying('fdatasync', 700, trace),
      );
      expect(run).toMatchObject({ end: 'exit 0', errors: '' });
      const [acknowledged] = told(run, 'acknowledged').slice(-1);
      expect(acknowledged?.milliseconds).toBeGreaterThan(690);
      const during = told(run, 'read').filter(({ answer }) => answer === 'answered');
      expect(during.length).toBeGreaterThan(20);
      return Math.max(...during.map(({ milliseconds }) => milliseconds));
    });
    expect(slowestMs).toBeLessThan(600);
  });
});
