// What is said of a person's address, number and gender, for those who come and those who change.

import type { EmailVerification } from '#application/user/email-code.js';
import type { Gender as KnownGender } from '#application/user/profile.js';
import type { Violation } from '#application/violations.js';
import type { SetHumanEmail } from '#contract/zitadel/user/v2/email_pb.js';
import type { SetHumanPhone } from '#contract/zitadel/user/v2/phone_pb.js';
import { Gender } from '#contract/zitadel/user/v2/user_pb.js';
import { broken, notBuilt, unknownValue } from '#transport/dialects/zitadel/violations.js';

/** Unspecified is null. */
const genders: ReadonlyMap<Gender, KnownGender | null> = new Map([
  [Gender.UNSPECIFIED, null],
  [Gender.FEMALE, 'female'],
  [Gender.MALE, 'male'],
  [Gender.DIVERSE, 'diverse'],
]);

export const genderOf = (gender: Gender | undefined): KnownGender | null | undefined =>
  gender === undefined ? undefined : genders.get(gender);

/** Of all the calls that prove an address in one way or the other. */
interface Verification {
  readonly case: 'sendCode' | 'returnCode' | 'isVerified' | undefined;
  readonly value?: unknown;
}

/** Nothing is delivered here: an address of which nothing is said stands unproved, until a code is asked for. */
export function emailVerificationOf(verification: Verification | undefined): EmailVerification {
  if (verification?.case === 'returnCode') return 'code';
  return verification?.case === 'isVerified' && verification.value === true ? 'verified' : 'none';
}

/** Whether the call tells a code for the address, which it does but once. */
export const showsCode = (verification: Verification | undefined): boolean =>
  emailVerificationOf(verification) === 'code';

export const deliveryViolations = (verification: Verification | undefined, field: string) =>
  broken([
    verification?.case === 'sendCode',
    notBuilt(field, 'is not built: ask for the code by return_code and deliver it'),
  ]);

interface Contacts {
  readonly email?: SetHumanEmail | undefined;
  readonly phone?: SetHumanPhone | undefined;
  readonly profile?: { readonly gender?: Gender | undefined } | undefined;
}

export function contactViolations({ email, phone, profile }: Contacts, prefix: string): readonly Violation[] {
  const asked = phone?.verification;
  return [
    ...deliveryViolations(email?.verification, `${prefix}email.send_code`),
    ...broken(
      [asked?.case === 'sendCode', notBuilt(`${prefix}phone.send_code`, noProof)],
      [asked?.case === 'returnCode', notBuilt(`${prefix}phone.return_code`, noProof)],
      [asked?.case === 'isVerified' && asked.value, notBuilt(`${prefix}phone.is_verified`, noProof)],
      [
        profile?.gender !== undefined && !genders.has(profile.gender),
        unknownValue(`${prefix}profile.gender`),
      ],
    ),
  ];
}

const noProof = 'is not built: a number is kept, and nothing is proved of it';
