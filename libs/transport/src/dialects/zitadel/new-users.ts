// How users come: two calls that do the same, of which the elder one knows no machines.

import { timestampFromMs } from '@bufbuild/protobuf/wkt';

import type { Entry } from '#application/input.js';
import { AddHumanUser } from '#application/user/add-human-user.js';
import { AddMachineUser } from '#application/user/add-machine-user.js';
import { HumanProfileFields } from '#application/user/profile.js';
import type { Violation } from '#application/violations.js';
import { AccessTokenType } from '#contract/zitadel/user/v2/user_pb.js';
import type {
  AddHumanUserRequest,
  CreateUserRequest,
  CreateUserRequest_Human,
  CreateUserRequest_Machine,
  UserService,
} from '#contract/zitadel/user/v2/user_service_pb.js';
import type { UserId } from '#domain/ids.js';
import {
  contactViolations,
  emailVerificationOf,
  genderOf,
  showsCode,
} from '#transport/dialects/zitadel/contacts.js';
import { detailsSince } from '#transport/dialects/zitadel/messages.js';
import type { Parts } from '#transport/dialects/zitadel/parts.js';
import { passwordFields } from '#transport/dialects/zitadel/passwords.js';
import { broken, invalid, notBuilt, unset } from '#transport/dialects/zitadel/violations.js';
import { type Call, type MethodTable, refused, told } from '#transport/implementation.js';

export function newUsers({ run }: Parts): MethodTable<typeof UserService> {
  return {
    createUser: {
      access: { of: 'organization', permission: 'user.write', organizationId: 'organizationId' },
      fields: { ...humanFields('human.'), name: 'machine.name', description: 'machine.description' },
      shows: ({ userType }) => userType.case === 'human' && showsCode(userType.value.email?.verification),
      run: async (request, call) => {
        const violations = createViolations(request);
        if (violations.length > 0) return refused(invalid(violations));
        const { userType } = request;
        if (userType.case === 'machine')
          return told(await run(newMachine(request, userType.value, call)), ({ details, answer }) => ({
            id: answer.userId,
            creationDate: timestampFromMs(details.changeDate),
          }));
        const human = userType.value as CreateUserRequest_Human;
        const metadata = [...request.metadata, ...human.metadata];
        return told(
          await run(newHuman({ ...namesOf(request), ...human, metadata }, call)),
          ({ details, answer }) => ({
            id: answer.userId,
            creationDate: timestampFromMs(details.changeDate),
            ...codeOf(answer),
          }),
        );
      },
    },
    addHumanUser: {
      access: {
        of: 'organization',
        permission: 'user.write',
        organizationId: { path: 'organization.org_id', read: organizationIn },
      },
      fields: humanFields(''),
      shows: ({ email }) => showsCode(email?.verification),
      run: async (request, call) => {
        const violations = humanRequestViolations(request);
        if (violations.length > 0) return refused(invalid(violations));
        return told(
          await run(newHuman({ ...namesOf(request), ...humanIn(request) }, call)),
          ({ details, answer }) => ({
            userId: answer.userId,
            details: detailsSince(details, details.changeDate),
            ...codeOf(answer),
          }),
        );
      },
    },
  };
}

/** @param prefix what stands before them in the request */
export const humanFields = (prefix: string) => ({
  email: `${prefix}email.email`,
  profile: `${prefix}profile`,
  phone: `${prefix}phone.phone`,
  totpSecret: `${prefix}totp_secret`,
  'password.value': `${prefix}password`,
});

export function humanRequestViolations(request: AddHumanUserRequest, prefix = ''): readonly Violation[] {
  return [
    ...broken(
      [
        request.organization?.org.case === 'orgDomain',
        notBuilt(`${prefix}organization.org_domain`, 'organizations have no domains here'),
      ],
      [
        request.organization !== undefined && request.organization.org.case === undefined,
        unset(`${prefix}organization.org_id`),
      ],
    ),
    ...humanViolations(humanIn(request), prefix),
  ];
}

export const humanIn = (request: AddHumanUserRequest): Human => request;

type Human = Pick<
  CreateUserRequest_Human,
  'profile' | 'email' | 'phone' | 'passwordType' | 'idpLinks' | 'totpSecret'
> & { readonly metadata: readonly Entry[] };

interface Names {
  readonly userId: UserId | null;
  readonly username: string | null;
}

export const namesOf = ({ userId, username }: Pick<CreateUserRequest, 'userId' | 'username'>): Names => ({
  userId: (userId ?? null) as UserId | null,
  username: username ?? null,
});

export function newHuman(
  { userId, username, profile, email, phone, passwordType, totpSecret, metadata }: Human & Names,
  { organizationId, by }: Pick<Call, 'organizationId' | 'by'>,
): AddHumanUser {
  return new AddHumanUser({
    organizationId,
    userId,
    username,
    profile: new HumanProfileFields({
      givenName: profile?.givenName ?? '',
      familyName: profile?.familyName ?? '',
      // Empty is as good as left out.
      nickName: profile?.nickName || null,
      displayName: profile?.displayName || null,
      preferredLanguage: profile?.preferredLanguage || null,
      gender: genderOf(profile?.gender) ?? null,
    }),
    email: email?.email ?? '',
    emailVerification: emailVerificationOf(email?.verification),
    phone: phone?.phone ?? null,
    password: passwordType.case === undefined ? null : passwordFields(passwordType),
    totpSecret: totpSecret ?? null,
    metadata,
    by,
  });
}

function newMachine(
  request: CreateUserRequest,
  { name, description }: CreateUserRequest_Machine,
  { organizationId, by }: Call,
): AddMachineUser {
  return new AddMachineUser({
    organizationId,
    ...namesOf(request),
    name,
    description: description || null,
    metadata: request.metadata,
    by,
  });
}

/** Left out of a repeat, since it was shown before. */
export const codeOf = ({ emailCode }: { readonly emailCode: string | null }) =>
  emailCode === null ? {} : { emailCode };

const organizationIn = ({ organization }: AddHumanUserRequest): string | null =>
  organization?.org.case === 'orgId' ? organization.org.value : null;

function createViolations({ userType }: CreateUserRequest): readonly Violation[] {
  switch (userType.case) {
    case undefined:
      return [unset('user_type')];
    case 'human':
      return humanViolations(userType.value, 'human.');
    case 'machine':
      return tokenTypeViolations(userType.value.accessTokenType, 'machine.access_token_type');
  }
}

export const tokenTypeViolations = (type: AccessTokenType, field: string): readonly Violation[] =>
  broken([type !== AccessTokenType.BEARER, notBuilt(field, 'only opaque tokens are built')]);

function humanViolations({ idpLinks, ...contacts }: Human, prefix: string): readonly Violation[] {
  return [
    ...broken([idpLinks.length > 0, notBuilt(`${prefix}idp_links`)]),
    ...contactViolations(contacts, prefix),
  ];
}
