// What changes the session of a browser: each of them answers another cookie, or none.

import { FactorService } from '#contract/countersign/v1/factor_service_pb.js';
import { RecoveryCodeService } from '#contract/countersign/v1/recovery_code_service_pb.js';
import { SessionService } from '#contract/zitadel/session/v2/session_service_pb.js';
import type { AnswerHeaders } from '#transport/call.js';
import type { Cookies } from '#transport/dialects/mfa-enroll/cookie.js';
import { asking, json, nothing, type PlainCall, type Told } from '#transport/plain/dialect.js';
import type { Fields } from '#transport/plain/fields.js';
import { type FieldNo, type No, no, type Reason } from '#transport/plain/no.js';

const { createSession, setSession, deleteSession } = SessionService.method;
const { verifyTotp, listFactors } = FactorService.method;
const { verifyRecoveryCode } = RecoveryCodeService.method;

export const credentials = {
  email: { required: true, description: 'Or another login name.', example: 'ada@example.com' },
  password: { required: true, description: 'As the user chose it.', example: 'correct horse battery staple' },
} as const;

export const proofs = {
  code: { required: false, description: 'Of the app.', example: '123456' },
  backup_code: { required: false, description: 'In place of `code`.', example: '2A3B-4C5D-6E7F-8G9H' },
} as const;

/** The same for a name that nobody has, for a wrong password, and for a user who may not log in, but by policies. */
const wrongCredentials = no('unauthenticated', 'Email or password is wrong');

const fieldsOfSession: Readonly<Record<string, string>> = {
  'checks.user': 'email',
  'checks.password.password': 'password',
};

/** Always a new session, whatever cookie came along: one that somebody else planted would be theirs, too. */
export const loggingIn =
  (cookies: Cookies) =>
  async (call: PlainCall<typeof credentials>): Promise<Told | No> => {
    const done = await call.ask(createSession, ({ input: { email, password } }) => ({
      checks: { user: { search: { case: 'loginName' as const, value: email } }, password: { password } },
    }));
    if (done.kind === 'no') return ofLogin(done);
    const { sessionToken } = done.message;
    const known = await call.ask(listFactors, ({ userId }) => ({ userId }), `Bearer ${sessionToken}`);
    // Whoever still has to enrol is turned away from other calls, too, but has nothing to verify.
    const mfaRequired = known.kind === 'no' && known.refusal === 'second-factor-required';
    return json({ mfa_required: mfaRequired }, cookies.set(sessionToken));
  };

function ofLogin(refused: No): No {
  const { reason, refusal, fields } = refused;
  if (refusal === null) return refused;
  // Told to nobody but who has the right password.
  if (refusal === 'policy-denied') return refused;
  if (refusal === 'invalid-input') return { ...refused, fields: fields.map(inWordsOfLogin) };
  return isOfSomebody.has(reason) ? wrongCredentials : refused;
}

const isOfSomebody: ReadonlySet<Reason> = new Set([
  'malformed',
  'unauthenticated',
  'forbidden',
  'not-found',
  'conflict',
]);

const inWordsOfLogin = ({ field, message }: FieldNo): FieldNo => ({
  field: fieldsOfSession[field] ?? field,
  message,
});

export const sessionTokenHeader = 'x-countersign-session-token';

/** As tokens of sessions begin, and no other: whether it is one is found out by whoever is asked. */
const ofSession = /^bearer css_/i;

/**
 * In a session its token is another one from then on, and comes back as the old one came; an access token stays as it is. No
 * cookie is set for a token in a header: a page of another site could log somebody in as itself with its own.
 */
export const verifying =
  (cookies: Cookies) =>
  (call: PlainCall<typeof proofs>): Promise<Told | No> => {
    const { authorization } = call.request.headers;
    if (authorization === undefined) return inSession(cookies.set)(call);
    if (ofSession.test(authorization)) return inSession((token) => ({ [sessionTokenHeader]: token }))(call);
    return call.brings('backup_code') ? byBackupCode(call) : byCode(call);
  };

const verified = { verified: true };

/** A repeat is told no token: whoever repeats has it, since the one before is dead. */
const inSession = (headersOf: (token: string) => AnswerHeaders) =>
  asking<typeof proofs, typeof setSession>(
    setSession,
    ({ sessionId, input: { code, backup_code: backupCode } }) => ({
      sessionId: sessionId ?? '',
      checks:
        backupCode === undefined ? { totp: { code: code ?? '' } } : { recoveryCode: { code: backupCode } },
    }),
    ({ sessionToken }) => json(verified, sessionToken === '' ? {} : headersOf(sessionToken)),
  );

const byCode = asking<typeof proofs, typeof verifyTotp>(
  verifyTotp,
  ({ userId, input }) => ({ userId, code: input.code ?? '' }),
  () => json(verified),
);

const byBackupCode = asking<typeof proofs, typeof verifyRecoveryCode>(
  verifyRecoveryCode,
  ({ userId, input }) => ({ userId, code: input.backup_code ?? '' }),
  () => json(verified),
);

const noSession = no('malformed', 'An access token has no session that could end');

export const loggingOut = (cookies: Cookies) =>
  asking<Fields, typeof deleteSession>(
    deleteSession,
    ({ sessionId }) => (sessionId === null ? noSession : { sessionId }),
    (_, { request: { headers } }) =>
      headers.authorization === undefined ? { kind: 'nothing', headers: cookies.forget() } : nothing,
  );
