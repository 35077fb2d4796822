import { durationMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from '@jest/globals';

import { defaultRateLimits } from '#access/rate-limits.js';
import { ChangeOrganizationSettings } from '#application/organization/change-organization-settings.js';
import { SettingsFields } from '#application/organization/settings-fields.js';
import { answerOf } from '#application/testing/attempt.js';
import { heldLog } from '#application/testing/held-log.js';
import { by, organizationId } from '#application/testing/house.js';
import { cheapSecrets, creating } from '#application/testing/logins.js';
import { RetryInfoSchema } from '#contract/google/rpc/error_details_pb.js';
import { OrganizationService } from '#contract/zitadel/org/v2/org_service_pb.js';
import { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import { defaultSettings } from '#domain/organization/settings.js';
import type { Usage } from '#domain/quota/usage.js';
import { InMemoryEventLog } from '#event-log/in-memory.js';
import type { Answered, Incoming } from '#transport/call.js';
import { CallLimits } from '#transport/call-limits.js';
import type { CallRefusal } from '#transport/refusals.js';
import { Tally } from '#transport/tally.js';
import { idOf, openDesk, people, unlimited } from '#transport/testing/desk.js';
import { detailIn, saidIn, statusIn } from '#transport/testing/status.js';

const { generateRecoveryCodes, verifyTOTPRegistration } = UserService.method;
const { listOrganizations } = OrganizationService.method;

describe('an organization that asks too fast', () => {
  const slow = { perSecond: 1, burst: 2 };
  const at = async (limits: Parameters<typeof openDesk>[0] & object) => {
    const limited = await openDesk(limits);
    return { limited, authorization: await limited.tokenOf('ada') };
  };

  it('is refused, and told when to come again', async () => {
    const { limited, authorization } = await at({ limits: { ...unlimited, call: slow } });
    const ask = () => limited.call(listOrganizations, {}, { authorization });
    expect([await ask(), await ask()].map(saidIn)).toEqual(['answered', 'answered']);
    const refused = await ask();
    expect(saidIn(refused)).toBe('8 rate-limited CSIGN-rate-limited');
    const { retryDelay } = detailIn(statusIn(refused), RetryInfoSchema) ?? {};
    expect(retryDelay && durationMs(retryDelay)).toBe(1_000);
    expect(refused.headers).toEqual({
      'x-request-id': 'request-1',
      'retry-after': '1',
      'x-ratelimit-limit': '1',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': new Date(limited.house.clock.now + 2_000).toISOString(),
      'ratelimit-policy': '"calls";q=2;w=2',
      ratelimit: '"calls";r=0;t=2',
    });
    limited.house.clock.now += 1_000;
    expect(saidIn(await ask())).toBe('answered');
    await limited.close();
  });

  it('is told what it used besides, which is counted once, after it was refused', async () => {
    const { limited, authorization } = await at({ limits: { ...unlimited, call: slow } });
    const { house, failures } = limited;
    const counting: PromiseWithResolvers<Usage>[] = [];
    const begun = Promise.withResolvers<void>();
    house.application.quotas.countBy(() => {
      const count = Promise.withResolvers<Usage>();
      counting.push(count);
      begun.resolve();
      return count.promise;
    });
    const ask = () => limited.call(listOrganizations, {}, { authorization });
    const changed = new SettingsFields({ turnsPerPeriodMax: 9 });
    await answerOf(house, new ChangeOrganizationSettings({ organizationId, changed, by }));
    expect([await ask(), await ask()].map(saidIn)).toEqual(['answered', 'answered']);
    expect(counting).toEqual([]);
    const refused = [ask(), ask()];
    await begun.promise;
    counting[0]?.reject(new Error('the rows are away'));
    const untold = await Promise.all(refused);
    expect(untold.map(saidIn)).toEqual(Array(2).fill('8 rate-limited CSIGN-rate-limited'));
    expect(untold.filter(({ headers }) => 'x-quota-reset' in headers)).toEqual([]);
    expect(failures).toEqual(Array(2).fill(new Error('the rows are away')));
    const late = await ask();
    expect([saidIn(late), 'x-quota-reset' in late.headers]).toEqual([saidIn(untold[0] as Answered), false]);
    counting[1]?.resolve({ turns: 4, relationships: 2 });
    const told = { 'x-quota-turns-used': '4', 'x-quota-turns-limit': '9', 'x-quota-relationships-used': '2' };
    expect((await ask()).headers).toMatchObject({ ...told, 'x-quota-reset': expect.any(String) });
    expect(counting).toHaveLength(2);
    await limited.close();
  });

  it('leaves others alone', async () => {
    const { limited, authorization } = await at({ limits: { ...unlimited, call: slow } });
    const other = await limited.tokenOf('stranger');
    const colleague = await limited.tokenOf('owner');
    for (let call = 0; call < 3; call += 1) await limited.call(listOrganizations, {}, { authorization });
    const said = async (as: string) =>
      saidIn(await limited.call(listOrganizations, {}, { authorization: as }));
    expect(await said(other)).toBe('answered');
    expect(await said(colleague)).toBe('8 rate-limited CSIGN-rate-limited');
    await limited.close();
  });

  it('is counted by what it guesses, and by what has to be hashed for it', async () => {
    const { limited, authorization } = await at({ limits: { ...unlimited, guess: slow, hash: slow } });
    const incoming = { authorization };
    const codes = (count: number) =>
      limited.call(generateRecoveryCodes, { userId: people.ada, count }, incoming);
    expect([await codes(-1), await codes(2), await codes(1)].map(saidIn)).toEqual([
      'answered',
      'answered',
      '8 rate-limited CSIGN-rate-limited',
    ]);
    const verify = () => limited.call(verifyTOTPRegistration, { userId: people.ada }, incoming);
    expect([await verify(), await verify(), await verify()].map(saidIn)).toEqual([
      'answered',
      'answered',
      '8 rate-limited CSIGN-rate-limited',
    ]);
    expect(saidIn(await limited.call(listOrganizations, {}, incoming))).toBe('answered');
    await limited.close();
  });

  it('without a token is stopped by its address before anything is read', async () => {
    const held = heldLog(new InMemoryEventLog());
    const { limited, authorization } = await at({
      house: { log: held },
      limits: { ...unlimited, address: slow },
    });
    const wrong = `${authorization.slice(0, -6)}AAAAAA`;
    const ask = (more: Partial<Incoming>) => limited.call(listOrganizations, {}, { ...more });
    expect([await ask({ authorization: wrong }), await ask({})].map(saidIn)).toEqual([
      '16 unauthenticated AUTH-7fs1e',
      '16 unauthenticated AUTH-7fs1e',
    ]);
    held.reads.length = 0;
    expect(saidIn(await ask({ authorization }))).toBe('8 rate-limited CSIGN-rate-limited');
    expect(held.reads).toEqual([]);
    expect(saidIn(await ask({ authorization, address: '192.0.2.2' }))).toBe('answered');
    limited.house.clock.now += 1_000;
    expect(saidIn(await ask({ authorization }))).toBe('answered');
    await limited.close();
  });

  it('by tokens that have to be looked up is told of so many only, however many come at once', async () => {
    const { limited, authorization } = await at({ limits: { ...unlimited, address: slow } });
    const wrong = `${authorization.slice(0, -6)}AAAAAA`;
    const asked = Array.from({ length: 20 }, () =>
      limited.call(listOrganizations, {}, { authorization: wrong }),
    );
    const said = (await Promise.all(asked)).map(saidIn);
    expect(said.filter((one) => one.startsWith('16 '))).toHaveLength(2);
    expect(said.filter((one) => one.startsWith('8 rate-limited'))).toHaveLength(18);
    await limited.close();
  });

  it('with a token costs its address nothing', async () => {
    const { limited, authorization } = await at({ limits: { ...unlimited, address: slow } });
    const told = [];
    for (let call = 0; call < 5; call += 1)
      told.push(saidIn(await limited.call(listOrganizations, {}, { authorization })));
    expect(new Set(told)).toEqual(new Set(['answered']));
    await limited.close();
  });

  it('with a session that has not shown everything yet costs its address nothing, and pays for its calls itself', async () => {
    const house = { secrets: await cheapSecrets() };
    const { limited, authorization } = await at({
      house,
      limits: { ...unlimited, address: slow, call: slow },
    });
    const { token } = await answerOf(limited.house, creating({ userId: idOf('ada') }));
    const ask = (as: string) => limited.call(listOrganizations, {}, { authorization: as });
    const begun = () => ask(`Bearer ${token}`);
    expect([await begun(), await begun(), await begun()].map(saidIn)).toEqual([
      '7 authentication-required AUTHZ-Kl3p0',
      '7 authentication-required AUTHZ-Kl3p0',
      '8 rate-limited CSIGN-rate-limited',
    ]);
    expect(saidIn(await ask(authorization))).toBe('answered');
    await limited.close();
  });
});

describe('what an organization may ask', () => {
  const clients = 64;
  const asking = (count: number, ask: () => Promise<Answered>) =>
    Promise.all(Array.from({ length: count }, ask));
  const always = () => ({ tally: new Tally({ isAlwaysTold: true }) });
  const leftIn = ({ headers }: Answered) => Number(headers['x-ratelimit-remaining']);

  it('is what was chosen for it, exactly, and told with every answer', async () => {
    const desk = await openDesk({ limits: defaultRateLimits });
    const authorization = await desk.tokenOf('ada');
    const changed = new SettingsFields({ callsPerSecond: 20 });
    await answerOf(desk.house, new ChangeOrganizationSettings({ organizationId, changed, by }));
    const answers = await asking(clients, () =>
      desk.call(listOrganizations, {}, { authorization, ...always() }),
    );
    const yes = answers.filter(({ kind }) => kind === 'answered');
    expect(yes.map(leftIn)).toEqual(Array.from({ length: 40 }, (_, index) => 39 - index));
    const no = answers.filter(({ kind }) => kind === 'refused');
    expect(new Set(no.map(saidIn))).toEqual(new Set(['8 rate-limited CSIGN-rate-limited']));
    expect(no.map(leftIn)).toEqual(Array.from({ length: clients - 40 }, () => 0));
    const other = { authorization: await desk.tokenOf('stranger'), ...always() };
    expect((await desk.call(listOrganizations, {}, other)).headers).toMatchObject({
      'x-ratelimit-limit': '5000',
      'x-ratelimit-remaining': '9999',
      'ratelimit-policy': '"calls";q=10000;w=2',
      ratelimit: '"calls";r=9999;t=1',
    });
    await desk.close();
  });

  it('gives back what it took of checks where hashes are used up', () => {
    const [guess, hash] = [
      { perSecond: 1, burst: 40 },
      { perSecond: 1, burst: 10 },
    ];
    const charging = new CallLimits({ limits: { ...unlimited, guess, hash }, clock: () => 0 });
    const settings = defaultSettings;
    const cost = () => {
      const { tally } = always();
      const counting = { organizationId: 'acme', settings, person: null, tally };
      return charging.ofCost(counting, { guesses: 1, hashes: 1 }) as CallRefusal | null;
    };
    const told = Array.from({ length: clients }, cost);
    expect(told.filter((refusal) => refusal === null)).toHaveLength(10);
    const { tally } = always();
    const counting = { organizationId: 'acme', settings, person: null, tally };
    expect(charging.ofCost(counting, { guesses: 30, hashes: 0 })).toBeNull();
    expect(tally.headersAt(0)).toMatchObject({ 'x-ratelimit-remaining': '0' });
  });

  it('is not for one person to use up', () => {
    const limits = new CallLimits({ limits: defaultRateLimits, clock: () => 0 });
    const hashes = (person: string | null) => {
      const { tally } = always();
      const counting = { organizationId: 'acme', settings: defaultSettings, person, tally };
      const refusal = limits.ofCost(counting, { guesses: 0, hashes: 1 }) as CallRefusal | null;
      return { refusal, told: tally.headersAt(0)['ratelimit-policy'] };
    };
    const told = Array.from({ length: 20 }, () => hashes('ada'));
    expect(told.filter(({ refusal }) => refusal === null)).toHaveLength(10);
    expect(told[19]?.told).toBe('"own-hashes";q=10;w=2');
    const others = Array.from({ length: 90 }, () => hashes(null).refusal);
    expect(new Set(others)).toEqual(new Set([null]));
    expect(hashes(null).refusal).toEqual({ code: 'rate-limited', retryAfterMs: 20 });
  });

  it('is asked for once by a request that is several calls of the contract', async () => {
    const desk = await openDesk({ limits: { ...unlimited, call: { perSecond: 1, burst: 1 } } });
    const incoming = { authorization: await desk.tokenOf('ada'), ...always() };
    const ask = () => desk.call(listOrganizations, {}, incoming);
    expect([await ask(), await ask()].map(saidIn)).toEqual(['answered', 'answered']);
    await desk.close();
  });
});

describe('a login, which needs no credential', () => {
  it('costs its address, and few are let through at once', () => {
    const limits = new CallLimits({ limits: defaultRateLimits, clock: () => 0 });
    const login = (address: string) => {
      const tally = new Tally({ isAlwaysTold: true });
      return { refusal: limits.ofLogin(address, tally), told: tally.headersAt(0) };
    };
    const told = Array.from({ length: 64 }, () => login('2001:db8::1'));
    expect(told.filter(({ refusal }) => refusal === null)).toHaveLength(50);
    expect(login('2001:db8::2')).toMatchObject({
      refusal: { code: 'rate-limited', retryAfterMs: 200 },
      told: { 'x-ratelimit-limit': '5', 'x-ratelimit-remaining': '0' },
    });
    expect(login('2001:db8:0:1::1')).toMatchObject({
      refusal: null,
      told: { 'ratelimit-policy': '"address";q=100;w=2, "logins";q=50;w=10' },
    });
  });
});
