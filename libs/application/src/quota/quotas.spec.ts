import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { ChangeOrganizationSettings } from '#application/organization/change-organization-settings.js';
import { SettingsFields } from '#application/organization/settings-fields.js';
import { Book } from '#application/quota/book.js';
import { type QuotaFigures, Quotas, type SharedUse } from '#application/quota/quotas.js';
import { answerOf, attempt } from '#application/testing/attempt.js';
import { addDevice, addPerson, codeOf, wrongCodeOf } from '#application/testing/factors.js';
import { by, organizationId } from '#application/testing/house.js';
import { RegisterTotpSeed } from '#application/totp/register-totp-seed.js';
import { VerifyTotp } from '#application/totp/verify-totp.js';
import { LockUser } from '#application/user/lock-user.js';
import { RemoveUser } from '#application/user/remove-user.js';
import type { UserId } from '#domain/ids.js';
import type { Overrides } from '#domain/organization/settings.js';
import { periodAt, type Usage } from '#domain/quota/usage.js';
import { answered } from '#read-models/testing/answers.js';
import { openProjected, type ProjectedHouse } from '#read-models/testing/projected.js';
import { base32Encode } from '#secrets/base32.js';
import { newTotpSecret } from '#secrets/totp.js';

let projected: ProjectedHouse;
let counts: number;
const { signal } = new AbortController();

const inRows = (now: number): Promise<Usage> =>
  answered(projected.queries.usageOf(organizationId, periodAt(now), { position: null, signal }));

beforeEach(async () => {
  projected = await openProjected();
  counts = 0;
  projected.house.application.quotas.countBy((_, { start }) => {
    counts += 1;
    return inRows(start);
  });
});
afterEach(() => projected.close());

const allow = (changed: Overrides) =>
  answerOf(
    projected.house,
    new ChangeOrganizationSettings({ organizationId, changed: new SettingsFields(changed), by }),
  );

async function figures(): Promise<QuotaFigures | null> {
  const { application, clock } = projected.house;
  const { settings } = await application.surroundings.of(organizationId);
  return application.quotas.figuresOf(organizationId, settings, clock.now);
}

async function used(): Promise<Usage> {
  const found = await figures();
  return { turns: found?.turns.used ?? -1, relationships: found?.relationships.used ?? -1 };
}

const seedFor = (userId: UserId) =>
  new RegisterTotpSeed({ organizationId, userId, secret: base32Encode(newTotpSecret()), by });

const persons = (count: number) =>
  Promise.all(Array.from({ length: count }, () => addPerson(projected.house)));

const codes = (outcomes: readonly unknown[]) =>
  outcomes.map((outcome) => (outcome as { refusal?: { code: string } }).refusal?.code ?? 'accepted');

const count = (all: readonly string[], one: string) => all.filter((each) => each === one).length;

describe('against a ceiling', () => {
  it('as many parallel enrolments are made as it has room for, and nothing of the others', async () => {
    const { house } = projected;
    const users = await persons(64);
    await allow({ relationshipsMax: 40 });
    const outcomes = codes(await Promise.all(users.map((userId) => house.run(seedFor(userId)))));
    expect([count(outcomes, 'accepted'), count(outcomes, 'quota-exhausted')]).toEqual([40, 24]);
    expect(await used()).toEqual({ turns: 40, relationships: 40 });
    expect(await inRows(house.clock.now)).toEqual({ turns: 40, relationships: 40 });
    expect(counts).toBe(1);
  });

  it('as many turns are made in parallel as it has room for, right and wrong ones alike', async () => {
    const { house } = projected;
    const users = await persons(64);
    const devices = await Promise.all(users.map((userId) => addDevice(house, userId)));
    house.clock.now += 1_000;
    await allow({ turnsPerPeriodMax: 64 + 40 });
    const verifying = users.map((userId, index) => {
      const device = devices[index] as (typeof devices)[number];
      const code = index % 2 === 0 ? codeOf(house, device) : wrongCodeOf(house, device);
      return house.run(new VerifyTotp({ organizationId, userId, code, by }));
    });
    const outcomes = codes(await Promise.all(verifying));
    expect(count(outcomes, 'quota-exhausted')).toBe(24);
    expect(await used()).toEqual({ turns: 104, relationships: 64 });
    expect(await inRows(house.clock.now)).toEqual({ turns: 104, relationships: 64 });
  });

  it('what is refused leaves everything as it was, and says how much there is', async () => {
    const { house } = projected;
    const [userId = '' as UserId, other = '' as UserId] = await persons(2);
    const device = await addDevice(house, userId);
    await allow({ turnsPerPeriodMax: 1, relationshipsMax: 1 });
    const refused = await attempt(
      house,
      new VerifyTotp({ organizationId, userId, code: codeOf(house, device), by }),
    );
    const figuresNow = {
      turns: { used: 1, ceiling: 1 },
      relationships: { used: 1, ceiling: 1 },
      resetAt: periodAt(house.clock.now).end,
    };
    expect(refused).toEqual({
      outcome: {
        kind: 'rejected',
        refusal: { code: 'quota-exhausted', quota: 'turns', figures: figuresNow },
      },
      appended: [],
    });
    await allow({ turnsPerPeriodMax: 5 });
    expect((await attempt(house, seedFor(other))).outcome).toMatchObject({
      refusal: { code: 'quota-exhausted', quota: 'relationships' },
    });
    const accepted = await attempt(
      house,
      new VerifyTotp({ organizationId, userId, code: codeOf(house, device), by }),
    );
    expect(accepted.appended).toEqual(['user.human.mfa.otp.check.succeeded']);
  });

  it('administrators may still lock and remove users, which gives their relationships back', async () => {
    const { house } = projected;
    const [userId = '' as UserId, other = '' as UserId] = await persons(2);
    await addDevice(house, userId);
    await allow({ relationshipsMax: 1 });
    expect(codes([await house.run(seedFor(other))])).toEqual(['quota-exhausted']);
    await allow({ turnsPerPeriodMax: 1 });
    await answerOf(house, new LockUser({ organizationId, userId, by }));
    await answerOf(house, new RemoveUser({ organizationId, userId, by }));
    expect(await used()).toEqual({ turns: 1, relationships: 0 });
    expect(await inRows(house.clock.now)).toEqual({ turns: 1, relationships: 0 });
    await allow({ turnsPerPeriodMax: 2 });
    expect(codes([await house.run(seedFor(other))])).toEqual(['accepted']);
  });

  it('turns begin anew with the period, and relationships stay', async () => {
    const { house } = projected;
    const [userId = '' as UserId] = await persons(1);
    const device = await addDevice(house, userId);
    await allow({ turnsPerPeriodMax: 1 });
    const verifying = () =>
      house.run(new VerifyTotp({ organizationId, userId, code: codeOf(house, device), by }));
    expect(codes([await verifying()])).toEqual(['quota-exhausted']);
    house.clock.now = periodAt(house.clock.now).end;
    expect(await used()).toEqual({ turns: 0, relationships: 1 });
    expect(codes([await verifying()])).toEqual(['accepted']);
    expect(await used()).toEqual({ turns: 1, relationships: 1 });
    expect(await inRows(house.clock.now)).toEqual({ turns: 1, relationships: 1 });
    expect(counts).toBe(1);
  });

  it('what was done without one is counted when there is one', async () => {
    const { house } = projected;
    await allow({ relationshipsMax: 9 });
    const users = await persons(4);
    for (const userId of users.slice(0, 1)) await addDevice(house, userId);
    expect(await used()).toEqual({ turns: 1, relationships: 1 });
    await allow({ relationshipsMax: 0 });
    for (const userId of users.slice(1, 3)) await addDevice(house, userId);
    expect(await figures()).toBeNull();
    await allow({ relationshipsMax: 3 });
    const [last = '' as UserId] = users.slice(3);
    expect(codes([await house.run(seedFor(last)), await house.run(seedFor(last))])).toEqual([
      'quota-exhausted',
      'quota-exhausted',
    ]);
    expect(await used()).toEqual({ turns: 3, relationships: 3 });
  });

  it('is reached with a notice in the stream of the organization, once for each percentage', async () => {
    const { house } = projected;
    await allow({ relationshipsMax: 5 });
    const users = await persons(6);
    const after = await house.parts.log.head();
    await Promise.all(users.map((userId) => house.run(seedFor(userId))));
    // Nobody waits for the notice: it comes after the answers.
    const isTold = async () =>
      (await house.parts.log.readAll({ direction: 'forward', after, limit: 100 })).some(
        ({ data }) => data.percent === 100,
      );
    for (let looks = 0; looks < 500 && !(await isTold()); looks += 1)
      await new Promise((resolve) => setTimeout(resolve, 2));
    const events = await house.parts.log.readAll({ direction: 'forward', after, limit: 100 });
    const told = events.filter(({ type }) => type === 'org.quota.reached').map(({ data }) => data);
    const { start: periodStart } = periodAt(house.clock.now);
    const full = { v: 1, quota: 'relationships', percent: 100, used: 5, ceiling: 5, periodStart };
    expect(told.at(-1)).toEqual(full);
    expect(told.slice(0, -1).map(({ percent }) => percent)).toEqual(told.length === 1 ? [] : [80]);
  });
});

describe('before anything was counted', () => {
  it('organizations without a ceiling are served, and others told to come again', async () => {
    const quotas = new Quotas({ onReached: () => undefined });
    const key = { stream: 'user-1', callId: 'call-1', epoch: 0 };
    const asked = { organizationId, more: { turns: 1, relationships: 0 }, now: 0, ...key };
    const free = quotas.admit({ ...asked, ceilings: { turns: null, relationships: null } });
    expect(free).toEqual({ settle: expect.any(Function) });
    const capped = async () => quotas.admit({ ...asked, ceilings: { turns: 1, relationships: null } });
    await expect(capped()).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('where other servers append, too', () => {
  const asked = {
    ...{ organizationId, stream: 'user-1', callId: 'call-1', epoch: 3, now: Date.UTC(2026, 10, 5) },
    ...{ ceilings: { turns: 20, relationships: null }, more: { turns: 1, relationships: 0 } },
  };
  const over = (shared: SharedUse) => {
    const quotas = new Quotas({ onReached: () => undefined });
    quotas.countBy(() => Promise.reject(new Error('it is counted elsewhere')), shared);
    return quotas;
  };
  const used = { turns: 20, relationships: 4 };

  it('is reserved of what they share, by what the append is found in the log, and settled there', async () => {
    const told: unknown[] = [];
    const settle = (outcome: string) => told.push(outcome);
    const quotas = over({
      reserve: async (key) => {
        told.push(key);
        return { kind: 'reserved', usage: used, settle };
      },
    });
    const admitted = await quotas.admit(asked);
    if (admitted !== null && 'settle' in admitted) admitted.settle('written');
    const { now: time, ...others } = asked;
    expect(told).toEqual([{ ...others, time, period: periodAt(time) }, 'written']);
  });

  it('is refused with the figures that they share', async () => {
    const quotas = over({ reserve: async () => ({ kind: 'short', quota: 'turns', usage: used }) });
    expect(await quotas.admit(asked)).toEqual({
      code: 'quota-exhausted',
      quota: 'turns',
      figures: {
        turns: { used: 20, ceiling: 20 },
        relationships: { used: 4, ceiling: null },
        resetAt: Date.UTC(2026, 11),
      },
    });
  });

  it('is told to come again where what they share is not there', async () => {
    const quotas = over({ reserve: () => Promise.reject(new Error('the database is away')) });
    await expect(quotas.admit(asked)).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('a book', () => {
  const ceilings = { turns: 2, relationships: null };
  const asking = { ceilings, more: { turns: 1, relationships: 0 }, now: 0 };
  const opened = async (turns: number) => {
    const book = new Book();
    await book.open(0, async () => ({ turns, relationships: 0 }));
    return book;
  };

  it('gives back what was not appended', async () => {
    const book = await opened(1);
    const one = book.reserve(asking);
    expect(book.reserve(asking)).toBe('turns');
    if (typeof one !== 'string') one.settle('lost');
    expect(book.usageAt(0)).toEqual({ turns: 1, relationships: 0 });
    expect(book.reserve(asking)).toMatchObject({ kind: 'reserved' });
  });

  it.each([
    ['that is not counted', (book: Book) => book.forget(), null],
    [
      'that other servers counted',
      (book: Book) => book.know({ turns: 2, relationships: 1 }, periodAt(0)),
      { turns: 2, relationships: 1 },
    ],
  ])('tells nothing older than what came meanwhile %s', async (_title, comes, told) => {
    const book = new Book();
    await book.open(0, async () => {
      comes(book);
      return { turns: 1, relationships: 0 };
    });
    expect(book.usageAt(0)).toEqual(told);
  });

  it('is closed by what nobody knows the end of, and opens when nothing is under way', async () => {
    const book = await opened(0);
    const [one, other] = [book.reserve(asking), book.reserve(asking)];
    if (typeof one !== 'string') one.settle('unknown');
    expect(book.isOpen).toBe(false);
    const counted: string[] = [];
    const opening = book.open(0, async () => {
      counted.push('counted');
      return { turns: 2, relationships: 0 };
    });
    await Promise.resolve();
    expect(counted).toEqual([]);
    if (typeof other !== 'string') other.settle('written');
    await opening;
    expect(book.usageAt(0)).toEqual({ turns: 2, relationships: 0 });
  });
});
