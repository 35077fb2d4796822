import { create } from '@bufbuild/protobuf';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import { EventLogError } from '#event-log/errors.js';
import type { NewEvent } from '#event-log/event-log.js';
import { InMemoryEventLog } from '#event-log/in-memory.js';
import { HashLane } from '#secrets/hash-lane.js';
import { newId } from '#secrets/ids.js';
import { services } from '#server/calls.js';
import { withCallMetrics } from '#server/measured-calls.js';
import { measuredLog } from '#server/measured-log.js';
import { codeNames } from '#server/metrics/calls.js';
import { Metrics } from '#server/metrics/metrics.js';
import type { Answered, Incoming, StatusCode } from '#transport/call.js';
import { unaryOnly } from '#transport/testing/unary-only.js';

const { verifyTOTPRegistration: verify, addHumanUser: add } = UserService.method;
const ok: Answered = { kind: 'answered', message: create(verify.output), headers: {} };
const refusedBy = (code: StatusCode): Answered => ({
  kind: 'refused',
  status: { code, message: 'of ada@example.com', details: [] },
  headers: {},
});

let metrics: Metrics;
beforeEach(() => {
  metrics = new Metrics({ services, engine: 'embedded' });
});
afterEach(() => metrics.close());

const text = (): string => metrics.registry.text();
const numberOf = (series: string): number | null => {
  const line = text()
    .split('\n')
    .find((one) => one.startsWith(`${series} `));
  return line === undefined ? null : Number(line.slice(series.length));
};

describe('a call', () => {
  it('is counted by its method and code, and timed by its method', async () => {
    const answers = [ok, refusedBy(3), refusedBy(3)];
    const served = withCallMetrics(
      unaryOnly({ services, invoke: async () => answers.shift() ?? ok }),
      metrics.calls,
    );
    for (let count = 0; count < 3; count += 1) await served.invoke(verify, () => never, {} as Incoming);
    const name = 'method="zitadel.user.v2.UserService/VerifyTOTPRegistration"';
    expect(numberOf(`countersign_calls_total{${name},code="OK"}`)).toBe(1);
    expect(numberOf(`countersign_calls_total{${name},code="INVALID_ARGUMENT"}`)).toBe(2);
    expect(numberOf(`countersign_call_duration_seconds_count{${name}}`)).toBe(3);
    expect(numberOf(`countersign_call_duration_seconds_bucket{${name},le="+Inf"}`)).toBe(3);
  });

  it('is in flight until it is answered', async () => {
    const { promise, resolve } = Promise.withResolvers<Answered>();
    const served = withCallMetrics(unaryOnly({ services, invoke: () => promise }), metrics.calls);
    const call = served.invoke(add, () => never, {} as Incoming);
    expect(numberOf('countersign_calls_in_flight')).toBe(1);
    resolve(ok);
    await call;
    expect(numberOf('countersign_calls_in_flight')).toBe(0);
  });

  it('has a code as gRPC writes it', () => {
    expect(codeNames).toHaveLength(17);
    expect([codeNames[0], codeNames[3], codeNames[16]]).toEqual([
      'OK',
      'INVALID_ARGUMENT',
      'UNAUTHENTICATED',
    ]);
    expect(new Set(codeNames).size).toBe(17);
  });
});

const never = { kind: 'refused', status: { code: 3, message: '', details: [] } } as const;
const eventOf = (type: string): NewEvent => ({
  id: newId(),
  type,
  data: {},
  metadata: { time: '2026-01-01T00:00:00.000Z' },
});

describe('an append', () => {
  it('is counted and timed when it is written, and its attempts and lockouts with it', async () => {
    const log = measuredLog(new InMemoryEventLog(), { appends: metrics.appends, traces: null });
    await log.append(
      'user-ada',
      ['user.human.mfa.otp.check.failed', 'user.human.mfa.otp.disabled'].map(eventOf),
      'no-stream',
    );
    await log.append('user-ada', [eventOf('user.human.mfa.recoverycode.check.succeeded')], 1);
    await log.append('user-ada', [eventOf('user.locked')], 2);
    await log.append('user-ada', [eventOf('user.human.password.check.failed')], 3);
    await log.append('login-x', [eventOf('login.password.check.failed')], 'no-stream');
    await log.append('session-1', ['session.added', 'session.user.checked'].map(eventOf), 'no-stream');
    const counted = {
      'appends_total{outcome="written"}': 6,
      append_duration_seconds_count: 6,
      events_appended_total: 8,
      'attempts_total{factor="totp",result="failed"}': 1,
      'attempts_total{factor="totp",result="succeeded"}': 0,
      'attempts_total{factor="recovery-code",result="succeeded"}': 1,
      'attempts_total{factor="password",result="failed"}': 1,
      'attempts_total{factor="password-of-nobody",result="failed"}': 1,
      'sessions_total{change="begun"}': 1,
      'sessions_total{change="user-checked"}': 1,
      'sessions_total{change="ended"}': 0,
      'lockouts_total{kind="totp-disabled"}': 1,
      'lockouts_total{kind="user-locked"}': 1,
    };
    const told = Object.keys(counted).map((name) => [name, numberOf(`countersign_${name}`)]);
    expect(Object.fromEntries(told)).toEqual(counted);
  });

  it('that loses a race is counted as such, fails as before, and is no attempt', async () => {
    const log = measuredLog(new InMemoryEventLog(), { appends: metrics.appends, traces: null });
    await log.append('user-ada', [eventOf('user.locked')], 'no-stream');
    const late = log.append('user-ada', [eventOf('user.human.mfa.otp.check.failed')], 'no-stream');
    await expect(late).rejects.toThrow(EventLogError);
    expect(numberOf('countersign_appends_total{outcome="version-conflict"}')).toBe(1);
    expect(numberOf('countersign_append_duration_seconds_count')).toBe(1);
    expect(numberOf('countersign_attempts_total{factor="totp",result="failed"}')).toBe(0);
  });
});

describe('a command', () => {
  it('that is refused is counted by the code of its refusal', () => {
    metrics.commands.told({ kind: 'rejected', refusal: { code: 'attempts-delayed', nextAttemptAt: 1 } });
    metrics.commands.told({ kind: 'accepted', answer: null });
    expect(numberOf('countersign_commands_refused_total{refusal="attempts-delayed"}')).toBe(1);
    expect(numberOf('countersign_commands_refused_total{refusal="wrong-code"}')).toBe(0);
    expect(numberOf('countersign_commands_accepted_total')).toBe(1);
  });
});

describe('the lane of hashes', () => {
  it('tells how many run, wait and were refused, and how long one takes with its wait', async () => {
    const light = { memoryKibibytes: 8, passes: 1 };
    const hashes = metrics.hashes.over(new HashLane({ concurrent: 1, waitingMax: 2 }));
    const asked = [1, 2, 3, 4].map(() => hashes.hash('secret', light));
    expect(numberOf('countersign_hashes_running')).toBe(1);
    expect(numberOf('countersign_hashes_waiting')).toBe(2);
    const ends = await Promise.allSettled(asked);
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
    expect(numberOf('countersign_hashes_refused_total')).toBe(1);
    expect(numberOf('countersign_hash_duration_seconds_count')).toBe(3);
    expect(numberOf('countersign_hashes_running')).toBe(0);
    expect(numberOf('countersign_hashes_waiting')).toBe(0);
  });

  it('tells of the lanes that are in use, where some were opened before in vain', () => {
    const limits = { concurrent: 1, waitingMax: 2 };
    metrics.hashes.over(new HashLane(limits));
    const lane = new HashLane(limits);
    const [hashes] = [lane, lane.beside()].map((one) => metrics.hashes.over(one));
    const hashed = hashes?.hash('secret', { memoryKibibytes: 8, passes: 1 });
    expect(numberOf('countersign_hashes_running')).toBe(1);
    return hashed;
  });
});

describe('a projection', () => {
  it('tells where it stands as soon as somebody runs it', () => {
    const series = 'countersign_projection_lag_events{projection="users"}';
    expect(numberOf(series)).toBeNull();
    const users = metrics.projection('users');
    users.lag({ events: 12, seconds: 0.5 });
    users.projected(100);
    users.projected(20);
    users.parked(1);
    expect(numberOf(series)).toBe(12);
    expect(numberOf('countersign_projection_lag_seconds{projection="users"}')).toBe(0.5);
    expect(numberOf('countersign_projection_events_total{projection="users"}')).toBe(120);
    expect(numberOf('countersign_projection_parked_streams{projection="users"}')).toBe(1);
  });

  it('has a name of ours, and there are few', () => {
    expect(() => metrics.projection('user-9c0e1007-6d56-88b8-8021-d892997d39c3!')).toThrow(TypeError);
    expect(() => metrics.projection('Users')).toThrow(TypeError);
    for (let count = 0; count < 32; count += 1) metrics.projection(`p${'x'.repeat(count)}`);
    expect(() => metrics.projection('one-more')).toThrow(RangeError);
  });
});

describe('labels', () => {
  const canary = 'canary-9c0e1007';
  const seriesIn = (exposition: string): string[] =>
    exposition
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.slice(0, line.lastIndexOf(' ')));

  /** Everything at once, with whatever a caller could send in each place. */
  async function besiege(rounds: number): Promise<void> {
    const log = measuredLog(new InMemoryEventLog(), { appends: metrics.appends, traces: null });
    let next = ok;
    const served = withCallMetrics(unaryOnly({ services, invoke: async () => next }), metrics.calls);
    const methods = services.flatMap((service) => service.methods) as (typeof verify)[];
    for (let round = 0; round < rounds; round += 1) {
      const named = `${canary}-${round}`;
      const code = round % 17;
      next = code === 0 ? ok : refusedBy(code as StatusCode);
      const method = methods[round % methods.length] as typeof verify;
      await served.invoke(method, () => never, { requestId: named, organization: named } as Incoming);
      await log.append(`user-${named}`, [eventOf(named)], 'no-stream');
      metrics.commands.told({ kind: 'rejected', refusal: { code: named } });
      metrics.commands.told(named);
      metrics.appends.failed(new Error(named));
    }
  }

  it('hold nothing that was sent, and are no more after ten times as many calls', async () => {
    const methods = services.flatMap((service) => service.methods).length;
    await besiege(methods * 17);
    const before = seriesIn(text());
    await besiege(methods * 17 * 10);
    const after = seriesIn(text());
    expect(after).toEqual(before);
    expect(text()).not.toContain(canary);
    // Codes and buckets for each method, and some hundred others.
    expect(after.length).toBeLessThan(methods * (17 + 16) + 400);
  });

  it('have values that stand in a closed set each', async () => {
    await besiege(100);
    const sets = new Map(
      metrics.registry.families.flatMap(({ described }) => Object.entries(described.labels ?? {})),
    );
    const values = [...text().matchAll(/[{,](\w+)="([^"]*)"/g)].filter(([, label]) => label !== 'le');
    expect(values.length).toBeGreaterThan(100);
    const named = (label: string, value: string): boolean =>
      metrics.registry.families.some(({ described }) => described.labels?.[label]?.has(value));
    expect(values.filter(([, label = '', value = '']) => !sets.has(label) || !named(label, value))).toEqual(
      [],
    );
  });
});
