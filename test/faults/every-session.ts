import { PasswordShown } from '#application/password/changing.js';
import { NewPasswordFields } from '#application/password/chosen.js';
import { SetPassword } from '#application/password/set-password.js';
import { CreateSession } from '#application/session/create-session.js';
import { DeleteSession } from '#application/session/delete-session.js';
import { SetSession } from '#application/session/set-session.js';
import { by, organizationId } from '#application/testing/house.js';
import type { SessionId, UserId } from '#domain/ids.js';
import { newId } from '#secrets/ids.js';
import { parseSessionToken } from '#secrets/session-tokens.js';
import type { Planted, Scene } from '#test/faults/every-command.js';
import { accepted, type Part, refused } from '#test/faults/script-steps.js';

/** A session from its first token to its end, and each command on one that is not there. */
export function* sessions({ planted }: Scene, userId: UserId): Part<void> {
  const chosen = new NewPasswordFields({ value: planted.text('password of a login') });
  const shown = new PasswordShown({ way: 'administrator' });
  yield* accepted(new SetPassword({ organizationId, userId, password: chosen, shown, by }));
  const login = { organizationId, user: { userId }, by };
  const wrong = planted.text('wrong password of a login');
  yield* refused('password-wrong', new CreateSession({ ...login, password: wrong }));
  const name = planted.text('name that nobody has');
  yield* refused(
    'password-wrong',
    new CreateSession({ ...login, user: { loginName: name }, password: wrong }),
  );
  const userAgent = {
    fingerprintId: planted.text('fingerprint'),
    ip: planted.text('address'),
    description: planted.text('browser'),
    headers: { accept: [planted.text('header')] },
  };
  const created = new CreateSession({
    ...login,
    password: chosen.value,
    metadata: [metadata(planted)],
    userAgent,
  });
  const { sessionId, token } = yield* accepted(created);
  learnToken(planted, token);
  const change = { sessionId, metadata: [metadata(planted)], by };
  learnToken(planted, (yield* accepted(new SetSession(change))).token);
  const unknown = { sessionId: newId() as SessionId, by };
  yield* refused('session-not-found', new SetSession({ ...change, ...unknown }));
  yield* accepted(new DeleteSession({ sessionId, by }));
  yield* refused('session-not-found', new DeleteSession(unknown));
}

const metadata = (planted: Planted) => ({
  key: planted.text('key of a session'),
  value: Buffer.from(planted.text('value of a session')),
});

function learnToken(planted: Planted, token: string): void {
  planted.learn('session token', token);
  planted.learn('session token (secret)', parseSessionToken(token)?.secret ?? '');
}
