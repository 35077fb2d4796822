// A server that is not there, is another, or is full: what the log answers meanwhile, and that it heals.

import { once } from 'node:events';
import { createServer } from 'node:net';

import { describe, expect, it } from '@jest/globals';

import {
  caughtUp,
  eventsIn,
  failureOf,
  freshStream,
  itemsUntil,
  samples,
  streamOf,
} from '#event-log/contract/samples.js';
import type { EventLog } from '#event-log/event-log.js';
import { logStart } from '#event-log/event-log.js';
import { EventStoreDbEventLog } from '#event-log-eventstoredb/eventstoredb-event-log.js';
import type { FeaturesFault, ReadFault } from '#event-log-eventstoredb/testing/faults.js';
import { eventually, logHarness, testTimings } from '#event-log-eventstoredb/testing/log-harness.js';
import type { TestNode } from '#event-log-eventstoredb/testing/test-server.js';

const harness = logHarness();
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('a server that is down', () => {
  it('does not keep the log from opening; calls are unavailable, soon at once, and work within 3 s of its coming', async () => {
    const node = await harness.node();
    await node.tell('stopListening');
    const log = await harness.open(node);
    const receiving = itemsUntil(log, {}, (items) => eventsIn(items).length === 2);
    expect((await failureOf(log.append(freshStream(), samples(1), 'no-stream'))).code).toBe('unavailable');
    expect((await failureOf(log.head())).code).toBe('unavailable');
    expect((await failureOf(log.identity())).code).toBe('unavailable');
    await refusedAtOnce(log);
    await leavesTurns(log);
    const backAfterMs = [await listeningToAppended(node, log)];
    expect(eventsIn(await receiving)).toHaveLength(2);
    // What else the machine does only adds.
    while (Math.min(...backAfterMs) >= 3_000 && backAfterMs.length < 3) {
      await node.tell('stopListening');
      await refusedAtOnce(log);
      backAfterMs.push(await listeningToAppended(node, log));
    }
    expect(Math.min(...backAfterMs)).toBeLessThan(3_000);
  }, 60_000);

  it('is also waited for where a cluster is asked who leads', async () => {
    const node = await harness.node();
    await node.tell('stopListening');
    const connectionString = `esdb+discover://127.0.0.1:${node.port}?tls=false&maxDiscoverAttempts=2`;
    const log = await harness.open(node, { connectionString });
    expect((await failureOf(log.head())).code).toBe('unavailable');
    await node.tell('listen');
    await eventually(
      () => log.append('after-1', samples(1), 'no-stream').catch(() => null),
      (result) => result !== null,
    );
  });

  it('in the middle of work loses nothing: what is unknown is found out when it comes back', async () => {
    const { node, log } = await harness.both();
    const stream = freshStream();
    await log.append(stream, samples(1), 'no-stream');
    const events = samples(2);
    await node.fault({ on: 'append', action: 'silent-after-write', times: 1 });
    const appending = log.append(stream, events, 0);
    await eventually(
      () => node.stored(stream),
      (stored) => stored.length === 3,
    );
    await node.tell('stopListening');
    expect((await failureOf(log.readStream(stream, { direction: 'forward', from: 0, limit: 1 }))).code).toBe(
      'unavailable',
    );
    await refusedAtOnce(log);
    await node.tell('listen');
    expect((await appending).revision).toBe(2);
    expect(await node.stored(stream)).toHaveLength(3);
  });
});

describe('a server that answers wrongly before an append', () => {
  it.each(['internal', 'unavailable', 'silent'] as const)(
    'with %s is asked again',
    async (action: FeaturesFault) => {
      const { node, log } = await harness.both({
        timings: { ...testTimings, appendAttemptMs: 2_000, probeMs: 300 },
      });
      await node.fault({ on: 'features', action, times: 1 });
      expect((await log.append(freshStream(), samples(1), 'no-stream')).revision).toBe(0);
    },
  );

  it('never is unavailable, and certain: nothing was sent', async () => {
    const timings = { ...testTimings, appendAttemptMs: 2_000, appendTotalMs: 1_000, probeMs: 200 };
    const { node, log } = await harness.both({ timings });
    await node.fault({ on: 'features', action: 'silent' });
    expect((await failureOf(log.append(freshStream(), samples(1), 'no-stream'))).code).toBe('unavailable');
    expect((await node.tell('counters')).appendsReceived).toBe(0);
  });

  it('since it is old is written to in the old way, conflicts included', async () => {
    const { node, log } = await harness.both();
    await node.fault({ on: 'features', action: 'unimplemented' });
    const stream = freshStream();
    await log.append(stream, samples(2), 'no-stream');
    expect(await failureOf(log.append(stream, samples(1), 0))).toMatchObject({
      code: 'version-conflict',
      actual: 1,
    });
  });
});

describe('a leader that changes', () => {
  it.each(['one address', 'all addresses'])(
    'under load is followed, known by %s: every append exactly once',
    async (known) => {
      const [a, b] = await twoNodes();
      const all = `esdb://127.0.0.1:${a.port},127.0.0.1:${b.port}?tls=false`;
      const connectionString = known === 'one address' ? a.connectionString : all;
      const log = await harness.open(a, { connectionString });
      const receiving = itemsUntil(log, {}, (items) => eventsIn(items).length === 160);
      const streams = upTo(8).map(() => freshStream('led'));
      let writing = true;
      const changing = changeLeader([a, b], () => writing);
      const written = await Promise.all(streams.map((stream) => appendOneByOne(log, stream, 20)));
      writing = false;
      expect(await changing).toBeGreaterThan(1);
      const stored = await a.stored('led');
      expect(
        streams.map((stream) => stored.filter((event) => event.stream === stream).map(({ id }) => id)),
      ).toEqual(written);
      expect(eventsIn(await receiving)).toHaveLength(160);
    },
  );
});

describe('reads', () => {
  it.each(['silent', 'unavailable', 'not-leader', 'drop', 'no-commit-position'] as const)(
    'that meet %s are made again and whole',
    async (action: ReadFault) => {
      const { node, log } = await harness.both();
      const stream = freshStream();
      const { position } = await log.append(stream, samples(5), 'no-stream');
      await node.fault({ on: 'read', action, times: 1 });
      const stored = await streamOf(log, stream);
      expect(stored.map((event) => event.revision)).toEqual(upTo(5));
      expect(stored.at(-1)?.position).toBe(position);
      await node.fault({ on: 'read', action, times: 1 });
      expect(await log.head()).toBe(position);
      expect(await log.readAll({ direction: 'forward', after: logStart, limit: 9 })).toEqual(stored);
    },
  );

  it('that were given up are cancelled at the server, too', async () => {
    const { node, log } = await harness.both();
    await node.fault({ on: 'read', action: 'silent', times: 3 });
    await log.head();
    const { callsOpenMax } = await node.tell('counters');
    expect(callsOpenMax).toBeGreaterThan(0);
    await eventually(
      () => node.tell('counters'),
      ({ callsOpen }) => callsOpen === 0,
    );
  });

  it('of a server that withholds every position are unavailable, and say why', async () => {
    const { node, log } = await harness.both();
    const stream = freshStream();
    await log.append(stream, samples(1), 'no-stream');
    await node.fault({ on: 'read', action: 'no-position' });
    await expect(streamOf(log, stream)).rejects.toThrow('withholds');
  });

  it('of all find every event of ours among thousands that are not', async () => {
    // As long as a read may take in earnest: so many are much for a machine that is busy.
    const { node, log } = await harness.both({ timings: {} });
    const foreign = upTo(1_000).map(() => ({
      stream: '$other',
      type: '$other',
      contentType: 'application/json',
      data: '{}',
      metadata: '',
    }));
    const streams = upTo(3).map(() => freshStream());
    for (const stream of streams) {
      await log.append(stream, samples(2), 'no-stream');
      await node.tell('writeForeign', foreign);
    }
    for (const limit of [1, 4, 100]) {
      const forward = await log.readAll({ direction: 'forward', after: logStart, limit });
      const backward = await log.readAll({ direction: 'backward', before: 'end', limit });
      expect(forward).toHaveLength(Math.min(limit, 6));
      expect(backward).toHaveLength(Math.min(limit, 6));
    }
  });
});

describe('the streams of a connection', () => {
  it('are not used up by three hundred left subscriptions, two hundred reads at once, and many that stay', async () => {
    const { node, log } = await harness.both();
    const stream = freshStream();
    await log.append(stream, samples(300), 'no-stream');
    await Promise.all(
      upTo(300).map(async () => {
        for await (const _item of log.subscribe({ after: logStart })) break;
      }),
    );
    await Promise.all(
      upTo(200).map(() => log.readStream(stream, { direction: 'forward', from: 0, limit: 1 })),
    );
    const staying = upTo(150).map(() => itemsUntil(log, {}, (items) => eventsIn(items).length === 301));
    await Promise.all(upTo(4).map(() => itemsUntil(log, {}, caughtUp)));
    await log.append(stream, samples(1), 299);
    expect((await Promise.all(staying)).every((items) => eventsIn(items).length === 301)).toBe(true);
    await eventually(
      () => node.tell('counters'),
      ({ callsOpen }) => callsOpen <= 2,
    );
  });

  it('are all given back when the log is closed', async () => {
    const { node, log } = await harness.both();
    await log.append(freshStream(), samples(1), 'no-stream');
    await itemsUntil(log, {}, caughtUp);
    await log.close();
    await eventually(
      () => node.tell('counters'),
      ({ connectionsOpen }) => connectionsOpen === 0,
    );
  });
});

describe('the identity of a log', () => {
  it('is one, for eight that ask for it first at the same time', async () => {
    const node = await harness.node();
    const logs = await Promise.all(upTo(4).map(() => harness.open(node)));
    const identities = await Promise.all([...logs, ...logs].map((log) => log.identity()));
    expect(new Set(identities).size).toBe(1);
    expect(await logs[0]?.readAll({ direction: 'forward', after: logStart, limit: 5 })).toEqual([]);
    expect(eventsIn(await itemsUntil(logs[0] as EventLog, {}, caughtUp))).toEqual([]);
  });

  it('is another once the database was wiped, also for a log that stayed open', async () => {
    const { node, log } = await harness.both();
    const before = await log.identity();
    await node.tell('wipe', []);
    const after = await eventually(
      () => log.identity().catch(() => null),
      (identity) => identity !== null,
    );
    expect(after).not.toBe(before);
  });

  it('is in a stream that nobody else writes to', async () => {
    const { log } = await harness.both();
    await expect(log.append('countersign.log-identity', samples(1), 'no-stream')).rejects.toThrow(TypeError);
  });
});

describe('a connection string', () => {
  it.each([
    ['another scheme', 'http://127.0.0.1:2113'],
    ['no host', 'esdb://'],
    ['an option that does not exist', 'esdb://127.0.0.1:2113?tsl=false'],
    ['a value that does not fit', 'esdb://127.0.0.1:2113?tls=perhaps'],
    ['a certificate that is not there', 'esdb://127.0.0.1:2113?tlsCAFile=/nowhere/ca.pem'],
  ])('with %s is refused at once', async (_name, connectionString) => {
    await expect(EventStoreDbEventLog.open({ connectionString })).rejects.toThrow(TypeError);
  });

  it('is never quoted with its password', async () => {
    const connectionString = 'esdb://somebody:s3cret@127.0.0.1:x?tls=false';
    const error = await EventStoreDbEventLog.open({ connectionString }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).not.toContain('s3cret');
  });
});

/** From its coming to the first two events that it takes, in milliseconds: it comes when it was just asked for in vain. */
async function listeningToAppended(node: TestNode, log: EventLog): Promise<number> {
  await askedInVain(node.port);
  await node.tell('listen');
  const came = performance.now();
  const stream = freshStream();
  await eventually(
    () => log.append(stream, samples(2), 'no-stream').catch(() => null),
    (result) => result !== null,
  );
  return performance.now() - came;
}

async function askedInVain(port: number): Promise<void> {
  const nobody = createServer((socket) => {
    socket.destroy();
    nobody.close();
  });
  nobody.listen(port, '127.0.0.1');
  await once(nobody, 'close');
}

async function refusedAtOnce(log: EventLog): Promise<void> {
  await eventually(
    async () => {
      const began = performance.now();
      const { code } = await failureOf(log.append(freshStream(), samples(1), 'no-stream'));
      return code === 'unavailable' ? performance.now() - began : Number.POSITIVE_INFINITY;
    },
    (milliseconds) => milliseconds < 200,
  );
}

/** A caller that tries again at once must not starve what looks for the server. */
async function leavesTurns(log: EventLog): Promise<void> {
  let turned = false;
  setImmediate(() => {
    turned = true;
  });
  await failureOf(log.append(freshStream(), samples(1), 'no-stream'));
  expect(turned).toBe(true);
}

async function twoNodes(): Promise<[TestNode, TestNode]> {
  const a = await harness.node();
  const b = await harness.node(a);
  await b.tell('follow', a.port);
  return [a, b];
}

/** Hands the leadership to and fro; resolves to how often. */
async function changeLeader([a, b]: [TestNode, TestNode], goesOn: () => boolean): Promise<number> {
  let changes = 0;
  for (let [leader, follower] = [a, b]; goesOn(); [leader, follower] = [follower, leader]) {
    await leader.tell('follow', follower.port);
    await follower.tell('follow', null);
    changes += 1;
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  return changes;
}

async function appendOneByOne(log: EventLog, stream: string, count: number): Promise<string[]> {
  const events = samples(count);
  for (const [at, event] of events.entries())
    await log.append(stream, [event], at === 0 ? 'no-stream' : at - 1);
  return events.map((event) => event.id);
}
