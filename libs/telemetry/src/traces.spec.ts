import { describe, expect, it } from '@jest/globals';

import type { Span } from '#telemetry/span-queue.js';
import { type CallEnd, Traces } from '#telemetry/traces.js';

const parent = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  isSampled: true,
};
const end: CallEnd = { name: 'Service/Method', attributes: { code: 'OK' }, failed: false };

function tracing() {
  const spans: Span[] = [];
  const traces = new Traces((span) => spans.push(span));
  const one = (name: string): Span => {
    const [span, ...others] = spans.filter((candidate) => candidate.name === name);
    if (span === undefined || others.length > 0) throw new Error(`there is not one span ${name}`);
    return span;
  };
  return { traces, spans, one };
}

describe('a trace', () => {
  it('leads from the caller over the call and its append to what is projected of it', async () => {
    const { traces, one } = tracing();
    await traces.call(
      parent,
      async (traceId) => {
        await traces.append('call-1', 'user-ada', async () => traceId);
        return traceId;
      },
      () => end,
    );
    const place = { traceId: parent.traceId, callId: 'call-1', stream: 'user-ada' };
    traces.projected({ ...place, projection: 'users', startedAt: 1, endedAt: 2 });
    const [call, append, projected] = [one('Service/Method'), one('append'), one('project users')];
    expect([call, append, projected].map(({ traceId }) => traceId)).toEqual(Array(3).fill(parent.traceId));
    expect(call.parentSpanId).toBe(parent.spanId);
    expect(append.parentSpanId).toBe(call.spanId);
    expect(projected.parentSpanId).toBe(append.spanId);
    expect(append.startedAt).toBeGreaterThanOrEqual(call.startedAt);
    expect(append.endedAt).toBeLessThanOrEqual(call.endedAt);
    expect(Math.abs(call.startedAt - Date.now())).toBeLessThan(60_000);
  });

  it('begins with a call that brought none, and is another for each', async () => {
    const { traces, spans } = tracing();
    const run = (traceId: string) => Promise.resolve(traceId);
    const ids = [await traces.call(null, run, () => end), await traces.call(null, run, () => end)];
    expect(spans.map(({ traceId, parentSpanId }) => [traceId, parentSpanId])).toEqual(
      ids.map((id) => [id, null]),
    );
    expect(new Set([...ids, ...spans.map(({ spanId }) => spanId)]).size).toBe(4);
    expect(ids.every((id) => /^[0-9a-f]{32}$/.test(id))).toBe(true);
    expect(spans.every(({ spanId }) => /^[0-9a-f]{16}$/.test(spanId))).toBe(true);
  });

  it('that the caller does not record is not recorded here, and keeps its id', async () => {
    const { traces, spans } = tracing();
    const id = await traces.call(
      { ...parent, isSampled: false },
      async (traceId) => {
        await traces.append('call-1', 'user-ada', async () => null);
        return traceId;
      },
      () => end,
    );
    const place = { traceId: parent.traceId, callId: 'call-1', stream: 'user-ada' };
    traces.projected({ ...place, projection: 'users', startedAt: 1, endedAt: 2 });
    expect([id, spans]).toEqual([parent.traceId, []]);
  });
});

describe('an append', () => {
  it('that fails is a span that failed, and fails', async () => {
    const { traces, one } = tracing();
    const failure = new Error('the disk is full');
    const call = traces.call(
      parent,
      () => traces.append('call-1', 'user-ada', () => Promise.reject(failure)),
      () => end,
    );
    await expect(call).rejects.toBe(failure);
    expect(one('append').failed).toBe(true);
  });

  it('outside of a call is a part of nothing', async () => {
    const { traces, spans } = tracing();
    expect(await traces.append('call-1', 'user-ada', async () => 'done')).toBe('done');
    expect(spans).toEqual([]);
  });

  it('of calls side by side belongs to its own', async () => {
    const { traces, spans } = tracing();
    const call = (name: string) =>
      traces.call(
        null,
        async () => {
          await new Promise((resolve) => setImmediate(resolve));
          await traces.append(name, 'user-ada', () => new Promise((resolve) => setImmediate(resolve)));
        },
        () => ({ ...end, name }),
      );
    await Promise.all(['a', 'b', 'c'].map(call));
    const calls = spans.filter(({ name }) => name !== 'append');
    const parents = spans.filter(({ name }) => name === 'append').map(({ parentSpanId }) => parentSpanId);
    expect(new Set(parents)).toEqual(new Set(calls.map(({ spanId }) => spanId)));
  });
});

describe('what is projected', () => {
  it('is a span that failed where no rows were made of it', async () => {
    const { traces, one } = tracing();
    const run = () => Promise.resolve();
    await traces.call(
      parent,
      () => traces.append('call-1', 'user-ada', run),
      () => end,
    );
    const place = { traceId: parent.traceId, callId: 'call-1', stream: 'user-ada' };
    traces.projected({ ...place, projection: 'users', startedAt: 1, endedAt: 2, failed: true });
    traces.projected({ ...place, projection: 'audit', startedAt: 1, endedAt: 2 });
    expect([one('project users').failed, one('project audit').failed]).toEqual([true, false]);
  });

  it('of an append that nobody remembers, as in a replay, is no span', () => {
    const { traces, spans } = tracing();
    const place = { traceId: parent.traceId, callId: 'call-1', stream: 'user-ada' };
    traces.projected({ ...place, projection: 'users', startedAt: 1, endedAt: 2 });
    expect(spans).toEqual([]);
  });

  it('is remembered of so many appends, the latest', async () => {
    const { traces, spans } = tracing();
    const run = () => Promise.resolve();
    await traces.call(
      parent,
      async () => {
        for (let count = 0; count <= 20_000; count += 1)
          await traces.append(`call-${count}`, 'user-ada', run);
      },
      () => end,
    );
    spans.length = 0;
    for (const callId of ['call-0', 'call-1', 'call-20000'])
      traces.projected({
        ...{ traceId: parent.traceId, callId, stream: 'user-ada' },
        ...{ projection: 'users', startedAt: 1, endedAt: 2 },
      });
    expect(spans).toHaveLength(2);
  });
});
