import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';

import { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import { InMemoryEventLog } from '#event-log/in-memory.js';
import { newId } from '#secrets/ids.js';
import { withTraces } from '#server/measured-calls.js';
import { measuredLog } from '#server/measured-log.js';
import { Metrics } from '#server/metrics/metrics.js';
import type { Span } from '#telemetry/span-queue.js';
import { Traces } from '#telemetry/traces.js';
import type { Answered, Incoming, StatusCode } from '#transport/call.js';
import { unaryOnly } from '#transport/testing/unary-only.js';
import { traceParentOf } from '#transport/trace-parent.js';

const { verifyTOTPRegistration: method } = UserService.method;
const read = () => ({ kind: 'message', message: create(method.input) }) as const;
const ok: Answered = { kind: 'answered', message: create(method.output), headers: {} };
const traceParent = traceParentOf('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');

function tracing(answer: Answered = ok) {
  const spans: Span[] = [];
  const traces = new Traces((span) => spans.push(span));
  const seen: Incoming[] = [];
  const invoke = async (_method: unknown, _read: unknown, incoming: Incoming) => {
    seen.push(incoming);
    return answer;
  };
  return { spans, traces, seen, served: withTraces(unaryOnly({ services: [], invoke }), traces) };
}

describe('a call that is traced', () => {
  it('is a span of its caller, named by its method and code', async () => {
    const { spans, seen, served } = tracing();
    const incoming = { requestId: 'request-1', traceId: traceParent?.traceId, traceParent } as Incoming;
    expect(await served.invoke(method, read, incoming)).toBe(ok);
    expect(seen).toEqual([incoming]);
    expect(spans).toEqual([
      {
        traceId: '0af7651916cd43dd8448eb211c80319c',
        spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
        parentSpanId: 'b7ad6b7169203331',
        name: 'zitadel.user.v2.UserService/VerifyTOTPRegistration',
        kind: 2,
        startedAt: expect.any(Number),
        endedAt: expect.any(Number),
        attributes: {
          'rpc.system.name': 'grpc',
          'rpc.method': 'zitadel.user.v2.UserService/VerifyTOTPRegistration',
          'rpc.response.status_code': 'OK',
        },
        failed: false,
      },
    ]);
  });

  it('without a trace begins one, which is then kept with its events', async () => {
    const { spans, seen, served } = tracing();
    await served.invoke(method, read, {
      requestId: 'request-1',
      traceId: null,
      traceParent: null,
    } as Incoming);
    expect(seen[0]).toMatchObject({ requestId: 'request-1', traceId: spans[0]?.traceId });
    expect(spans[0]).toMatchObject({ traceId: expect.stringMatching(/^[0-9a-f]{32}$/), parentSpanId: null });
  });

  it.each<[StatusCode, boolean]>([
    [3, false],
    [5, false],
    [7, false],
    [8, false],
    [2, true],
    [4, true],
    [13, true],
    [14, true],
  ])('and refused with code %d has failed by the server, or not', async (code, failed) => {
    const { spans, served } = tracing({
      kind: 'refused',
      status: { code, message: 'about ada@example.com', details: [] },
      headers: {},
    });
    await served.invoke(method, read, { traceId: null, traceParent: null } as Incoming);
    expect(spans[0]?.failed).toBe(failed);
    expect(JSON.stringify(spans)).not.toContain('ada@');
  });

  it('has a span of each of its appends', async () => {
    const metrics = new Metrics({ services: [], engine: 'embedded' });
    const { spans, traces } = tracing();
    const log = measuredLog(new InMemoryEventLog(), { appends: metrics.appends, traces });
    const invoke = async (_method: unknown, _read: unknown, { requestId, traceId }: Incoming) => {
      const metadata = { time: '2026-01-01T00:00:00.000Z', call: requestId, trace: traceId };
      await log.append('user-ada', [{ id: newId(), type: 'user.locked', data: {}, metadata }], 'no-stream');
      return ok;
    };
    const incoming = { requestId: 'request-1', traceId: null, traceParent: null } as Incoming;
    await withTraces(unaryOnly({ services: [], invoke }), traces).invoke(method, read, incoming);
    const [event] = await log.readAll({ direction: 'backward', before: 'end', limit: 1 });
    traces.projected({
      traceId: String(event?.metadata.trace),
      callId: String(event?.metadata.call),
      stream: String(event?.stream),
      projection: 'users',
      startedAt: 1,
      endedAt: 2,
    });
    metrics.close();
    const [append, call, projected] = spans;
    expect([append?.name, projected?.name]).toEqual(['append', 'project users']);
    expect(append?.parentSpanId).toBe(call?.spanId);
    expect(projected?.parentSpanId).toBe(append?.spanId);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    expect(JSON.stringify(spans)).not.toContain('user-ada');
  });
});
