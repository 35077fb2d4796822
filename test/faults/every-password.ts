import { PasswordShown } from '#application/password/changing.js';
import { NewPasswordFields } from '#application/password/chosen.js';
import { RequestPasswordCode } from '#application/password/request-password-code.js';
import { SetPassword } from '#application/password/set-password.js';
import { by, organizationId } from '#application/testing/house.js';
import { ChangeHumanUser, PasswordChangeFields } from '#application/user/change-human-user.js';
import type { UserId } from '#domain/ids.js';
import type { Scene } from '#test/faults/every-command.js';
import { accepted, once, type Part, refused } from '#test/faults/script-steps.js';

/** Each way to another password, and each way to none. */
export function* passwords({ planted }: Scene, userId: UserId): Part<void> {
  const them = { organizationId, userId, by };
  const wanted = (name: string) => new NewPasswordFields({ value: planted.text(name) });
  const byAdministrator = new PasswordShown({ way: 'administrator' });
  const first = wanted('password');
  const set = new SetPassword({ ...them, password: first, shown: byAdministrator });
  yield* accepted(set);
  const hash = planted.learn('hash', '$2b$04$abcdefghijklmnopqrstuuLPYGc.TVQkPzYHJdmAyLJ2R/F8DdI9m');
  const hashed = new NewPasswordFields({ form: 'hash', value: hash });
  yield* accepted(
    new ChangeHumanUser({
      ...them,
      password: new PasswordChangeFields({ password: hashed, shown: byAdministrator }),
    }),
  );
  yield* accepted(set);
  const present = new PasswordShown({ way: 'current-password', text: first.value });
  const wrong = new PasswordShown({ way: 'current-password', text: planted.text('wrong password') });
  yield* refused('password-wrong', new SetPassword({ ...set, shown: wrong }));
  const another = wanted('another password');
  yield* once(new SetPassword({ ...set, password: another, shown: present }), 'password-wrong');
  yield* refused('password-code-not-deliverable', new RequestPasswordCode({ ...them, send: true }));
  const { passwordCode } = yield* accepted(new RequestPasswordCode(them));
  planted.learn('password code', passwordCode);
  const mistyped = planted.learn('wrong password code', passwordCode.startsWith('Z') ? '0QX7WN' : 'ZQX7WN');
  const byCode = (text: string) =>
    new SetPassword({
      ...set,
      password: wanted('password'),
      shown: new PasswordShown({ way: 'code', text }),
    });
  yield* refused('password-code-wrong', byCode(mistyped));
  yield* once(byCode(passwordCode), 'password-code-not-found');
  const damaged = new NewPasswordFields({ form: 'hash', value: planted.text('hash of another kind') });
  yield* refused('password-hash-unreadable', new SetPassword({ ...set, password: damaged }));
}
