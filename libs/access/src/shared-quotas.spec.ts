import { afterEach, beforeEach, expect, it } from '@jest/globals';

import {
  type AppendKey,
  type Reserved,
  type SharedAsked,
  SharedQuotas,
  type Short,
} from '#access/shared-quotas.js';
import type { OrganizationId } from '#domain/ids.js';
import { periodAt } from '#domain/quota/usage.js';
import { describeOnPostgres } from '#read-models/testing/describe-on-postgres.js';

const organizationId = 'acme' as OrganizationId;
const now = 1_800_000_000_000;
const abandonedAfterMs = 300;

describeOnPostgres('quotas in PostgreSQL', (server) => {
  let url: string;
  let opened: SharedQuotas[];
  /** What stands in for the log: turns, by what they are found. */
  let log: AppendKey[];
  let counts: number;
  beforeEach(async () => {
    url = await server().createDatabase();
    [opened, log, counts] = [[], [], 0];
  });
  afterEach(() => Promise.all(opened.map((shared) => shared.close())));

  const isSame = (one: AppendKey) => (other: AppendKey) => one.callId === other.callId;

  function open(settlingMs = 60_000): SharedQuotas {
    const shared = new SharedQuotas({
      url,
      abandonedAfterMs,
      settlingMs,
      onTrouble: () => undefined,
      count: async (_, { start, end }, keys) => {
        counts += 1;
        const turns = log.filter(({ time }) => time >= start && time < end).length;
        return { usage: { turns, relationships: 0 }, inLog: keys.map((key) => log.some(isSame(key))) };
      },
    });
    opened.push(shared);
    return shared;
  }

  let calls = 0;
  const asking = (more: Partial<SharedAsked> = {}): SharedAsked => {
    calls += 1;
    const time = more.time ?? now;
    const key = { stream: 'user-1', callId: `call-${calls}`, time, period: periodAt(time) };
    const ceilings = { turns: 40, relationships: null };
    return { organizationId, ceilings, more: { turns: 1, relationships: 0 }, epoch: 1, ...key, ...more };
  };

  async function append(shared: SharedQuotas, more: Partial<SharedAsked> = {}): Promise<string> {
    const asked = asking(more);
    const found = await shared.reserve(asked);
    if (found.kind === 'short') return `${found.usage.turns} used`;
    await new Promise((resolve) => setImmediate(resolve));
    log.push(asked);
    found.settle('written');
    return 'written';
  }

  const reserved = (found: Reserved | Short): Reserved => {
    if (found.kind === 'short') throw new Error(`there are ${found.usage.turns} already`);
    return found;
  };
  const untilAbandoned = () => new Promise((resolve) => setTimeout(resolve, abandonedAfterMs + 50));
  const full = { ceilings: { turns: 1, relationships: null } };

  it('let through what there is, however many servers append at once, and count the log once each', async () => {
    const servers = [open(), open(), open()];
    const outcomes = await Promise.all(
      Array.from({ length: 192 }, (_, nth) => append(servers[nth % 3] as SharedQuotas)),
    );
    expect(outcomes.filter((one) => one === 'written')).toHaveLength(40);
    expect(new Set(outcomes.filter((one) => one !== 'written'))).toEqual(new Set(['40 used']));
    expect(log).toHaveLength(40);
    expect(counts).toBe(3);
  });

  it('give back what was not appended', async () => {
    const one = open();
    const found = reserved(await one.reserve(asking(full)));
    expect(await append(one, full)).toBe('1 used');
    found.settle('lost');
    expect(await append(one, full)).toBe('written');
  });

  it('find out from the log that who died before the append used nothing', async () => {
    reserved(await open().reserve(asking(full)));
    const other = open();
    expect(await append(other, full)).toBe('1 used');
    await untilAbandoned();
    expect(await append(other, full)).toBe('written');
    expect(await append(other, full)).toBe('1 used');
  });

  it('find out from the log that who died after the append used it, once', async () => {
    const two = { ceilings: { turns: 2, relationships: null } };
    const asked = asking(two);
    const found = reserved(await open().reserve(asked));
    log.push(asked);
    const other = open();
    expect(await append(other, two)).toBe('written');
    expect(await append(other, two)).toBe('2 used');
    await untilAbandoned();
    expect(await append(other, two)).toBe('2 used');
    // It was not dead but slow: what the log said of it is not said again.
    found.settle('lost');
    expect(await append(other, two)).toBe('2 used');
  });

  it('keep what nobody knows the end of until the log says it', async () => {
    const one = open();
    reserved(await one.reserve(asking(full))).settle('unknown');
    expect(await append(one, full)).toBe('1 used');
    await untilAbandoned();
    expect(await append(one, full)).toBe('written');
  });

  it('count anew what was done without a ceiling: when something else is chosen, and once more when all know it', async () => {
    const one = open(200);
    expect(await append(one, { epoch: 1 })).toBe('written');
    const uncounted = () => log.push(asking());
    uncounted();
    const three = { ceilings: { turns: 3, relationships: null }, epoch: 2 };
    expect(await append(one, three)).toBe('written');
    uncounted();
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(await append(one, three)).toBe('4 used');
    expect(counts).toBe(3);
  });

  it('begin anew with the period, whichever server comes to it first', async () => {
    const servers = [open(), open()] as const;
    expect(await append(servers[0], full)).toBe('written');
    const next = { ...full, time: periodAt(now).end };
    expect(await append(servers[1], next)).toBe('written');
    expect(await append(servers[0], full)).toBe('1 used');
    expect(await append(servers[0], next)).toBe('1 used');
  });

  it('know after a start what is in the log and not in the rows', async () => {
    expect(await append(open())).toBe('written');
    log.push(asking(), asking());
    expect(await append(open(), { ceilings: { turns: 3, relationships: null } })).toBe('3 used');
  });
});
