// What a session shows before it changes what its user logs in with: each kind of change, with every proof. Which calls
// ask for it is looked at by step-up-rows.spec.ts.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { GenerateRecoveryCodes } from '#application/recovery-codes/generate-recovery-codes.js';
import { answerOf } from '#application/testing/attempt.js';
import { addDevice, codeOf, type Device, wrongCodeOf } from '#application/testing/factors.js';
import { by, organizationId } from '#application/testing/house.js';
import { password } from '#application/testing/logins.js';
import { StartTotpRegistration } from '#application/totp/start-totp-registration.js';
import { VerifyTotp } from '#application/totp/verify-totp.js';
import { FactorService } from '#contract/countersign/v1/factor_service_pb.js';
import { RecoveryCodeService } from '#contract/countersign/v1/recovery_code_service_pb.js';
import { ErrorInfoSchema } from '#contract/google/rpc/error_details_pb.js';
import { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import type { Incoming } from '#transport/call.js';
import { people } from '#transport/testing/desk.js';
import { openSessionsDesk, type Session, type SessionsDesk } from '#transport/testing/sessions-desk.js';
import { detailIn, saidIn, statusIn } from '#transport/testing/status.js';

let desk: SessionsDesk;
let session: Session & { readonly device: Device };
beforeAll(async () => {
  desk = await openSessionsDesk();
});
afterAll(() => desk.close());
beforeEach(async () => {
  session = (await desk.begin()) as typeof session;
});

const hour = 3_600_000;
const required = '7 step-up-required CSIGN-step-up-required';
const right = 'user.human.mfa.otp.check.succeeded';

type Headers = Pick<Partial<Incoming>, 'code' | 'recoveryCode'>;

/** What is done, and what it leaves in the log beside what was shown for it. */
const deeds = {
  startTotpRegistration: {
    ask: async (headers: Headers) =>
      desk.call({ ...session, ...headers }, FactorService.method.startTotpRegistration, session),
    leaves: ['user.human.mfa.otp.added'],
  },
  verifyTotpRegistration: {
    ask: async (headers: Headers) => {
      const { secret } = await answerOf(desk.house, new StartTotpRegistration({ ...hers(), by }));
      const code = desk.codeOf(String(secret));
      return desk.call({ ...session, ...headers }, FactorService.method.verifyTotpRegistration, {
        ...session,
        code,
      });
    },
    before: 'the registration',
    leaves: ['user.human.mfa.otp.verified'],
  },
  removeTOTP: {
    ask: async (headers: Headers) =>
      desk.call({ ...session, ...headers }, UserService.method.removeTOTP, session),
    leaves: ['user.human.mfa.otp.removed'],
  },
  generateRecoveryCodes: {
    ask: async (headers: Headers) =>
      desk.call({ ...session, ...headers }, UserService.method.generateRecoveryCodes, {
        ...session,
        count: 1,
      }),
    leaves: ['user.human.mfa.recoverycode.added'],
  },
  removeRecoveryCodes: {
    ask: async (headers: Headers) => {
      return desk.call({ ...session, ...headers }, RecoveryCodeService.method.removeRecoveryCodes, session);
    },
    leaves: ['user.human.mfa.recoverycode.removed'],
  },
  addPersonalAccessToken: {
    ask: async (headers: Headers) =>
      desk.call({ ...session, ...headers }, UserService.method.addPersonalAccessToken, session),
    leaves: ['user.pat.added'],
  },
  setPassword: {
    ask: async (headers: Headers) =>
      desk.call({ ...session, ...headers }, UserService.method.setPassword, {
        ...session,
        newPassword: { password: 'battery staple' },
        verification: { case: 'currentPassword', value: password },
      }),
    leaves: ['user.human.password.check.succeeded', 'user.human.password.changed'],
  },
} as const;

type Deed = keyof typeof deeds;
const all = Object.keys(deeds) as Deed[];

const hers = () => ({ organizationId, userId: session.userId });

async function recoveryCode(): Promise<string> {
  const { codes } = await answerOf(desk.house, new GenerateRecoveryCodes({ ...hers(), count: 2, by }));
  return String((codes as readonly string[])[0]);
}

/** What was appended to her stream by what is asked for, append by append. */
async function attempt(deed: Deed, headers: Headers = {}) {
  const from = hersSoFar().length;
  const answered = await deeds[deed].ask(headers);
  const before = 'before' in deeds[deed] ? 1 : 0;
  return { said: saidIn(answered), left: hersSoFar().slice(from + before) };
}

function hersSoFar() {
  const hersIs = desk.house.application.userStream(session.userId);
  return desk.appends.flatMap(({ stream, types }) => (stream === hersIs ? [types] : []));
}

describe('a session whose factor is an hour old', () => {
  beforeEach(() => {
    desk.house.clock.now += hour;
  });

  it.each(all)('may not without a proof: %s', async (deed) => {
    if (deed === 'removeRecoveryCodes') await recoveryCode();
    expect(await attempt(deed)).toEqual({ said: required, left: [] });
  });

  it.each(all)('may with a code, which is spent in the same append: %s', async (deed) => {
    if (deed === 'removeRecoveryCodes') await recoveryCode();
    const { leaves } = deeds[deed];
    const code = codeOf(desk.house, session.device);
    expect(await attempt(deed, { code })).toEqual({ said: 'answered', left: [[right, ...leaves]] });
  });

  it.each(all)('may with a recovery code, which is spent in the same append: %s', async (deed) => {
    const { leaves } = deeds[deed];
    const made = await recoveryCode();
    expect(await attempt(deed, { recoveryCode: made })).toEqual({
      said: 'answered',
      left: [['user.human.mfa.recoverycode.check.succeeded', ...leaves]],
    });
  });

  it.each(all)('may not with a wrong code, which is counted: %s', async (deed) => {
    if (deed === 'removeRecoveryCodes') await recoveryCode();
    const code = wrongCodeOf(desk.house, session.device);
    expect(await attempt(deed, { code })).toEqual({
      said: '3 wrong-code EVENT-8isk2',
      left: [['user.human.mfa.otp.check.failed']],
    });
  });

  it.each(all)('may not with a code that was used: %s', async (deed) => {
    if (deed === 'removeRecoveryCodes') await recoveryCode();
    const code = codeOf(desk.house, session.device);
    await answerOf(desk.house, new VerifyTotp({ ...hers(), code, by }));
    expect(await attempt(deed, { code })).toEqual({
      said: '3 code-already-used EVENT-8isk2',
      left: [['user.human.mfa.otp.check.failed']],
    });
  });

  it.each(all)('may not with a recovery code that was spent, or is another user’s: %s', async (deed) => {
    const spent = await recoveryCode();
    await attempt('addPersonalAccessToken', { recoveryCode: spent });
    const another = (await desk.begin()) as typeof session;
    const asHer = session;
    session = another;
    const anothers = await recoveryCode();
    session = asHer;
    const wrong = {
      said: '3 wrong-recovery-code DOMAIN-6uvh0',
      left: [['user.human.mfa.recoverycode.check.failed']],
    };
    expect(await attempt(deed, { recoveryCode: spent })).toEqual(wrong);
    expect(await attempt(deed, { recoveryCode: anothers })).toEqual(wrong);
  });

  it.each(all)('may not with a code of another user: %s', async (deed) => {
    if (deed === 'removeRecoveryCodes') await recoveryCode();
    const { device } = (await desk.begin()) as typeof session;
    expect(await attempt(deed, { code: codeOf(desk.house, device) })).toEqual({
      said: '3 wrong-code EVENT-8isk2',
      left: [['user.human.mfa.otp.check.failed']],
    });
  });

  it('may not with a code of the app that is being registered', async () => {
    const { secret } = await answerOf(desk.house, new StartTotpRegistration({ ...hers(), by }));
    const code = desk.codeOf(String(secret));
    const asked = { ...session, code };
    const { verifyTotpRegistration } = FactorService.method;
    expect(await desk.said(session, verifyTotpRegistration, asked)).toBe(required);
    expect(await desk.said({ ...session, code }, verifyTotpRegistration, asked)).toBe(
      '3 wrong-code EVENT-8isk2',
    );
  });

  it('shows a code where the message has room for it, and not in both places', async () => {
    const { generateRecoveryCodes } = RecoveryCodeService.method;
    const code = codeOf(desk.house, session.device);
    const asked = { ...session, count: 1, code };
    expect(await desk.fields({ ...session, code }, generateRecoveryCodes, asked)).toEqual([
      'x-countersign-code',
    ]);
    expect(await desk.said(session, generateRecoveryCodes, asked)).toBe('answered');
  });

  it('is told what is missing, in words and for programs', async () => {
    const answered = await deeds.addPersonalAccessToken.ask({});
    const status = statusIn(answered);
    expect(status.message).toContain('no longer than 600 seconds ago');
    expect(status.message).toContain('x-countersign-code');
    expect(detailIn(status, ErrorInfoSchema)).toMatchObject({
      reason: 'STEP_UP_REQUIRED',
      domain: 'countersign',
      metadata: {
        maxAgeSeconds: '600',
        codeHeader: 'x-countersign-code',
        recoveryCodeHeader: 'x-countersign-recovery-code',
      },
    });
  });

  it('may go on to read, and to check codes', async () => {
    expect(await desk.said(session, UserService.method.getUserByID, session)).toBe('answered');
    const code = codeOf(desk.house, session.device);
    expect(await desk.said(session, FactorService.method.verifyTotp, { ...session, code })).toBe('answered');
  });
});

describe('a session whose factor is fresh', () => {
  it.each(all.filter((deed) => deed !== 'removeTOTP'))('may without another proof: %s', async (deed) => {
    if (deed === 'removeRecoveryCodes') await recoveryCode();
    expect(await attempt(deed)).toEqual({ said: 'answered', left: [[...deeds[deed].leaves]] });
  });

  it('shows one all the same where it removes an app', async () => {
    expect(await attempt('removeTOTP')).toEqual({ said: '9 proof-required CSIGN-proof-required', left: [] });
  });

  it('has a proof looked at that it need not bring', async () => {
    const code = wrongCodeOf(desk.house, session.device);
    expect(await attempt('addPersonalAccessToken', { code })).toEqual({
      said: '3 wrong-code EVENT-8isk2',
      left: [['user.human.mfa.otp.check.failed']],
    });
  });
});

describe('a session of a user without a factor', () => {
  it.each(['startTotpRegistration', 'generateRecoveryCodes', 'addPersonalAccessToken'] as const)(
    'may, however old it is: %s',
    async (deed) => {
      session = (await desk.begin({ factor: false })) as typeof session;
      desk.house.clock.now += hour;
      expect(await attempt(deed)).toEqual({ said: 'answered', left: [[...deeds[deed].leaves]] });
    },
  );
});

describe('an access token', () => {
  const scoped = async (...scopes: string[]) => ({ authorization: await desk.tokenOf('ada', scopes) });
  const { addPersonalAccessToken } = UserService.method;
  const herself = { userId: people.ada };

  it('needs a scope for its own user, which it is told', async () => {
    const answered = await desk.call(await scoped('self'), addPersonalAccessToken, herself);
    expect(saidIn(answered)).toBe('7 scope-required CSIGN-scope-required');
    expect(detailIn(statusIn(answered), ErrorInfoSchema)).toMatchObject({
      reason: 'SCOPE_REQUIRED',
      metadata: { scope: 'factors.write' },
    });
    const both = await scoped('self', 'factors.write');
    expect(await desk.said(both, addPersonalAccessToken, herself)).toBe('answered');
    expect(await desk.said(await scoped('all'), addPersonalAccessToken, herself)).toBe('answered');
  });

  it('cannot show a code in place of it', async () => {
    const device = await addDevice(desk.house, people.ada as never);
    const as = { ...(await scoped('self')), code: codeOf(desk.house, device) };
    expect(await desk.said(as, addPersonalAccessToken, herself)).toBe(
      '7 scope-required CSIGN-scope-required',
    );
  });

  it('of who administers others needs neither scope nor code, and may bring none', async () => {
    const as = { authorization: await desk.tokenOf('owner', ['user.token.write']) };
    expect(await desk.said(as, addPersonalAccessToken, herself)).toBe('answered');
    expect(await desk.fields({ ...as, code: '123456' }, addPersonalAccessToken, herself)).toEqual([
      'x-countersign-code',
    ]);
  });
});
