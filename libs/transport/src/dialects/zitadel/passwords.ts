// Passwords of people. A code that sets one may be told to whoever asks for it: so nobody asks for one to change an own
// password, and nobody sets an own one by being oneself.

import { PasswordShown } from '#application/password/changing.js';
import { NewPasswordFields } from '#application/password/chosen.js';
import { RequestPasswordCode } from '#application/password/request-password-code.js';
import { SetPassword } from '#application/password/set-password.js';
import type { Violation } from '#application/violations.js';
import {
  type HashedPassword,
  NotificationType,
  type Password,
  type SetPassword as SetPasswordMessage,
} from '#contract/zitadel/user/v2/password_pb.js';
import type { PasswordResetRequest, UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import { detailsOf, inDetails } from '#transport/dialects/zitadel/messages.js';
import { addressOf, isOneself, type Parts } from '#transport/dialects/zitadel/parts.js';
import { broken, invalid, notBuilt, unknownValue, unset } from '#transport/dialects/zitadel/violations.js';
import { type MethodTable, refused, told } from '#transport/implementation.js';

const access = { of: 'user', permission: 'user.credential.write', self: false, userId: 'userId' } as const;

export function passwords(parts: Parts): MethodTable<typeof UserService> {
  const { run } = parts;
  return {
    passwordReset: {
      access,
      shows: ({ medium }) => medium.case === 'returnCode',
      run: async (request, call) => {
        const violations = sendingViolations(request);
        if (violations.length > 0) return refused(invalid(violations));
        const send = request.medium.case !== 'returnCode';
        const wanted = new RequestPasswordCode({ ...addressOf(request, call), send });
        return told(await run(wanted), ({ details, answer }) => ({
          details: detailsOf(details),
          // Left out of a repeat, since it was shown before.
          ...(answer.passwordCode !== null && { verificationCode: answer.passwordCode }),
        }));
      },
    },
    setPassword: {
      access: { ...access, self: true },
      stepUp: 'password',
      guesses: true,
      fields: { 'password.value': 'new_password.password', 'shown.text': 'verification' },
      run: async (request, call) => {
        const { newPassword, verification } = request;
        if (newPassword === undefined) return refused(invalid([unset('new_password')]));
        if (verification.case === undefined && isOneself(parts, call, request))
          return refused(invalid([unproven]));
        const change = {
          ...addressOf(request, call),
          password: passwordFields({ case: 'password', value: newPassword }),
          shown: shownBy(verification),
        };
        return told(await run(new SetPassword(change)), inDetails);
      },
    },
  };
}

/** How a code gets to its user, and what stands around it, is the hook's matter. */
function sendingViolations({ medium }: PasswordResetRequest): readonly Violation[] {
  if (medium.case !== 'sendLink') return [];
  const { notificationType, urlTemplate } = medium.value;
  return broken(
    [notificationType === NotificationType.SMS, notBuilt('send_link.notification_type')],
    [!(notificationType in NotificationType), unknownValue('send_link.notification_type')],
    [urlTemplate !== undefined, notBuilt('send_link.url_template')],
  );
}

const unproven: Violation = {
  field: 'current_password',
  rule: 'one-of',
  message: 'has to be set, or a verification_code: nobody sets an own password without either',
};

type GivenPassword =
  | { readonly case: 'password'; readonly value: Password }
  | { readonly case: 'hashedPassword'; readonly value: HashedPassword };

export const passwordFields = (given: GivenPassword): NewPasswordFields =>
  new NewPasswordFields(
    given.case === 'password'
      ? { form: 'text', value: given.value.password, changeRequired: given.value.changeRequired }
      : { form: 'hash', value: given.value.hash, changeRequired: given.value.changeRequired },
  );

export function shownBy({ case: by, value }: SetPasswordMessage['verification']): PasswordShown {
  switch (by) {
    case 'currentPassword':
      return new PasswordShown({ way: 'current-password', text: value });
    case 'verificationCode':
      return new PasswordShown({ way: 'code', text: value });
    case undefined:
      return new PasswordShown({ way: 'administrator' });
  }
}
