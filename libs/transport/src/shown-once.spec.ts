// Tokens of sessions and codes for passwords are shown once: a call that is sent again is answered without them, and says so.

import type { DescMethodUnary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { password } from '#application/testing/logins.js';
import { PasswordService } from '#contract/countersign/v1/password_service_pb.js';
import { SessionService } from '#contract/zitadel/session/v2/session_service_pb.js';
import { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import { openSessionsDesk, type Session, type SessionsDesk } from '#transport/testing/sessions-desk.js';

const { createSession, setSession } = SessionService.method;
const { requestPasswordCode } = PasswordService.method;
const { passwordReset } = UserService.method;

let desk: SessionsDesk;
let session: Session;
beforeAll(async () => {
  desk = await openSessionsDesk();
  session = await desk.begin({ factor: false });
});
afterAll(() => desk.close());

const calls: readonly (readonly [shown: string, DescMethodUnary, request: () => object])[] = [
  [
    'sessionToken',
    createSession,
    () => ({
      checks: {
        user: { search: { case: 'userId', value: session.userId } },
        password: { password },
      },
    }),
  ],
  ['sessionToken', setSession, () => ({ sessionId: session.sessionId, lifetime: { seconds: 600n } })],
  ['code', requestPasswordCode, () => ({ userId: session.userId })],
  [
    'verificationCode',
    passwordReset,
    () => ({ userId: session.userId, medium: { case: 'returnCode', value: {} } }),
  ],
];

describe('what is shown once', () => {
  it.each(calls)('is left out of a repeat, which says so: %s', async (shown, method, request) => {
    const as = { person: 'owner', idempotencyKey: `${method.name} again` } as const;
    const ask = () => desk.call(as, method as never, request() as never);
    const [first, again] = [await ask(), await ask()];
    expect(first).toMatchObject({ message: { [shown]: expect.stringMatching(/./) } });
    expect(first.headers).not.toHaveProperty('x-countersign-secret-already-shown');
    expect(again.headers).toMatchObject({
      'idempotent-replayed': 'true',
      'x-countersign-secret-already-shown': 'true',
    });
    expect(again).toMatchObject({ kind: 'answered' });
    expect(again).not.toMatchObject({ message: { [shown]: expect.stringMatching(/./) } });
  });
});
