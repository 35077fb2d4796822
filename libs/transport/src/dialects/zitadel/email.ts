// A code is told to whoever asked for it, who brings it to the address: so nobody asks for one to prove an own
// address, and nobody says of an own one that it is proved.

import { ChangeEmail } from '#application/user/change-email.js';
import { RequestEmailCode } from '#application/user/request-email-code.js';
import { VerifyEmail } from '#application/user/verify-email.js';
import type { ResendEmailCodeRequest, UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import { deliveryViolations, emailVerificationOf, showsCode } from '#transport/dialects/zitadel/contacts.js';
import { detailsOf, inDetails } from '#transport/dialects/zitadel/messages.js';
import { addressOf, type Parts } from '#transport/dialects/zitadel/parts.js';
import { invalid, unset } from '#transport/dialects/zitadel/violations.js';
import { type Call, type MethodTable, refused, told } from '#transport/implementation.js';

const access = { of: 'user', permission: 'user.write', self: false, userId: 'userId' } as const;

export function email({ run }: Parts): MethodTable<typeof UserService> {
  const askForCode = {
    access,
    run: async (request: Pick<ResendEmailCodeRequest, 'userId' | 'verification'>, call: Call) => {
      const violations = deliveryViolations(request.verification, 'send_code');
      if (violations.length > 0) return refused(invalid(violations));
      if (request.verification.case === undefined) return refused(invalid([unset('return_code')]));
      return told(await run(new RequestEmailCode(addressOf(request, call))), ({ details, answer }) => ({
        details: detailsOf(details),
        ...codeIn(answer),
      }));
    },
  };
  return {
    setEmail: {
      access,
      shows: ({ verification }) => showsCode(verification),
      run: async (request, call) => {
        const violations = deliveryViolations(request.verification, 'send_code');
        if (violations.length > 0) return refused(invalid(violations));
        const emailVerification = emailVerificationOf(request.verification);
        const change = { ...addressOf(request, call), email: request.email, emailVerification };
        return told(await run(new ChangeEmail(change)), ({ details, answer }) => ({
          details: detailsOf(details),
          ...codeIn(answer),
        }));
      },
    },
    resendEmailCode: askForCode,
    sendEmailCode: askForCode,
    verifyEmail: {
      access: { ...access, self: true },
      guesses: true,
      fields: { code: 'verification_code' },
      run: async (request, call) =>
        told(
          await run(new VerifyEmail({ ...addressOf(request, call), code: request.verificationCode })),
          inDetails,
        ),
    },
  };
}

/** Left out of a repeat, since it was shown before. */
const codeIn = ({ emailCode }: { readonly emailCode: string | null }) =>
  emailCode === null ? {} : { verificationCode: emailCode };
