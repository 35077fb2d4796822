// Each way to another password by a call of its own, which says who may go it.

import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { PasswordShown, type PasswordWay } from '#application/password/changing.js';
import { NewPasswordFields } from '#application/password/chosen.js';
import { RequestPasswordCode } from '#application/password/request-password-code.js';
import { SetPassword } from '#application/password/set-password.js';
import { PasswordService } from '#contract/countersign/v1/password_service_pb.js';
import { detailsOf, inDetails } from '#transport/dialects/countersign/messages.js';
import { addressOf, type Parts } from '#transport/dialects/countersign/parts.js';
import { invalid } from '#transport/dialects/countersign/violations.js';
import {
  type Call,
  type Implemented,
  implement,
  type MethodTable,
  refused,
  told,
} from '#transport/implementation.js';

const access = { of: 'user', permission: 'user.credential.write', self: false, userId: 'userId' } as const;
const alsoOneself = { ...access, self: true } as const;

type Methods = MethodTable<typeof PasswordService>;

export const passwordService = (parts: Parts): readonly Implemented[] =>
  implement(PasswordService, { ...changes(parts), ...codes(parts) });

const changes = (parts: Parts): Methods => ({
  setPassword: {
    access,
    stepUp: 'password',
    fields: { 'password.value': 'password' },
    run: async (request, call) => {
      const { passwordType: given, changeRequired } = request;
      if (given.case === undefined)
        return refused(invalid([{ field: 'password', rule: 'one-of', message: 'has to be set, or a hash' }]));
      const form = given.case === 'hash' ? 'hash' : 'text';
      const password = new NewPasswordFields({ form, value: given.value, changeRequired });
      return set(parts, call, { request, password, shown: shown('administrator', '') });
    },
  },
  changePassword: {
    access: alsoOneself,
    stepUp: 'password',
    guesses: true,
    fields: { 'password.value': 'new_password', 'shown.text': 'current_password' },
    run: async (request, call) => {
      const password = new NewPasswordFields({ value: request.newPassword });
      const present = shown('current-password', request.currentPassword);
      return set(parts, call, { request, password, shown: present });
    },
  },
  resetPassword: {
    access: alsoOneself,
    stepUp: 'password',
    guesses: true,
    fields: { 'password.value': 'new_password', 'shown.text': 'verification_code' },
    run: async (request, call) => {
      const { newPassword: value, changeRequired, verificationCode } = request;
      const password = new NewPasswordFields({ value, changeRequired });
      return set(parts, call, { request, password, shown: shown('code', verificationCode) });
    },
  },
});

const codes = ({ run }: Parts): Methods => ({
  requestPasswordCode: {
    access,
    shows: ({ send }) => !send,
    run: async (request, call) =>
      told(
        await run(new RequestPasswordCode({ ...addressOf(request, call), send: request.send })),
        ({ details, answer, repeated = false }) => ({
          details: detailsOf(details),
          // Left out of a repeat, since it was shown before.
          ...(answer.passwordCode !== null && { code: answer.passwordCode }),
          expiresAt: timestampFromMs(answer.expiresAt),
          secretAlreadyShown: repeated,
        }),
      ),
  },
});

const shown = (way: PasswordWay, text: string) => new PasswordShown({ way, text });

interface Setting {
  readonly request: { readonly userId: string; readonly endOtherSessions: boolean };
  readonly password: NewPasswordFields;
  readonly shown: PasswordShown;
}

async function set({ run }: Parts, call: Call, { request, password, shown: given }: Setting) {
  const { endOtherSessions } = request;
  const wanted = { ...addressOf(request, call), password, shown: given, endOtherSessions };
  return told(await run(new SetPassword(wanted)), inDetails);
}
