import { durationMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from '@jest/globals';

import { answerOf } from '#application/testing/attempt.js';
import { heldLog } from '#application/testing/held-log.js';
import { cheapSecrets, creating } from '#application/testing/logins.js';
import { RetryInfoSchema } from '#contract/google/rpc/error_details_pb.js';
import { OrganizationService } from '#contract/zitadel/org/v2/org_service_pb.js';
import { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import { InMemoryEventLog } from '#event-log/in-memory.js';
import type { Incoming } from '#transport/call.js';
import { idOf, openDesk, people, unlimited } from '#transport/testing/desk.js';
import { detailIn, saidIn, statusIn } from '#transport/testing/status.js';

const { generateRecoveryCodes, verifyTOTPRegistration } = UserService.method;
const { listOrganizations } = OrganizationService.method;

describe('a caller that asks too fast', () => {
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
    expect(refused.headers).toEqual({ 'x-request-id': 'request-1', 'retry-after': '1' });
    limited.house.clock.now += 1_000;
    expect(saidIn(await ask())).toBe('answered');
    await limited.close();
  });

  it('leaves others alone', async () => {
    const { limited, authorization } = await at({ limits: { ...unlimited, call: slow } });
    const other = await limited.tokenOf('owner');
    for (let call = 0; call < 3; call += 1) await limited.call(listOrganizations, {}, { authorization });
    expect(saidIn(await limited.call(listOrganizations, {}, { authorization: other }))).toBe('answered');
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
