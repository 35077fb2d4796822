// Users as ZITADEL's clients read them.

import { timestampFromMs } from '@bufbuild/protobuf/wkt';

import type { Gender as KnownGender } from '#application/user/profile.js';
import { Gender, UserState } from '#contract/zitadel/user/v2/user_pb.js';
import type { HumanAnswer, UserAnswer } from '#read-models/queries/users.js';
import { detailsSince } from '#transport/dialects/zitadel/messages.js';

const states = {
  active: UserState.ACTIVE,
  inactive: UserState.INACTIVE,
  locked: UserState.LOCKED,
} as const satisfies Record<UserAnswer['state'], UserState>;

const genderNumbers = {
  female: Gender.FEMALE,
  male: Gender.MALE,
  diverse: Gender.DIVERSE,
} as const satisfies Record<KnownGender, Gender>;

export function userMessage(user: UserAnswer) {
  return {
    ...namesOf(user),
    details: detailsSince(user.details, user.createdAt),
    type:
      user.kind === 'human'
        ? { case: 'human' as const, value: humanMessage(user) }
        : {
            case: 'machine' as const,
            value: { name: user.profile.name, description: user.profile.description ?? '' },
          },
  };
}

const namesOf = ({ userId, state, username, loginNames, preferredLoginName }: UserAnswer) => ({
  userId,
  state: states[state],
  username,
  loginNames: [...loginNames],
  preferredLoginName,
});

function humanMessage(user: HumanAnswer) {
  const { profile, email, phone, password } = user;
  const { givenName, familyName, nickName, displayName, preferredLanguage, gender } = profile;
  return {
    ...namesOf(user),
    profile: {
      givenName,
      familyName,
      displayName,
      gender: gender === null ? Gender.UNSPECIFIED : genderNumbers[gender],
      ...(nickName === null ? {} : { nickName }),
      ...(preferredLanguage === null ? {} : { preferredLanguage }),
    },
    email: { email: email.address, isVerified: email.isVerified },
    ...(phone === null ? {} : { phone: { phone, isVerified: false } }),
    ...(password === null
      ? {}
      : {
          passwordChanged: timestampFromMs(password.changedAt),
          passwordChangeRequired: password.isChangeRequired,
        }),
  };
}
