// Users may change what they are called and their number themselves. What a login or a program goes by is for
// administrators: the username, metadata, and an address, whose code would be told to whoever has to prove it.

import { timestampFromMs } from '@bufbuild/protobuf/wkt';

import { ChangeHumanUser, EmailFields, PasswordChangeFields } from '#application/user/change-human-user.js';
import { ChangeMachineUser } from '#application/user/change-machine-user.js';
import { HumanProfileChanges } from '#application/user/profile.js';
import type { Violation } from '#application/violations.js';
import type { SetPassword } from '#contract/zitadel/user/v2/password_pb.js';
import type {
  UpdateUserRequest,
  UpdateUserRequest_Human,
  UpdateUserRequest_Human_Profile,
  UpdateUserRequest_Machine,
  UserService,
} from '#contract/zitadel/user/v2/user_service_pb.js';
import { authorize } from '#transport/authorize.js';
import {
  contactViolations,
  emailVerificationOf,
  genderOf,
  showsCode,
} from '#transport/dialects/zitadel/contacts.js';
import { codeOf, tokenTypeViolations } from '#transport/dialects/zitadel/new-users.js';
import { type Addressed, addressOf, isOneself, type Parts } from '#transport/dialects/zitadel/parts.js';
import { passwordFields, shownBy } from '#transport/dialects/zitadel/passwords.js';
import { broken, invalid, unset } from '#transport/dialects/zitadel/violations.js';
import { type Call, type MethodTable, refused, told } from '#transport/implementation.js';

const permission = 'user.write';

export function updateUser(parts: Parts): MethodTable<typeof UserService> {
  const { run } = parts;
  return {
    updateUser: {
      access: { of: 'user', permission, self: true, userId: 'userId' },
      fields: {
        email: 'human.email',
        'email.email': 'human.email.email',
        profile: 'human.profile',
        phone: 'human.phone.phone',
        'password.password.value': 'human.password',
        'password.shown.text': 'human.password.verification',
        name: 'machine.name',
        description: 'machine.description',
      },
      stepUp: (request) => (setsPassword(request) ? 'password' : null),
      guesses: ({ userType }) =>
        userType.case === 'human' && userType.value.password?.verification.case !== undefined,
      shows: ({ userType }) => userType.case === 'human' && showsCode(userType.value.email?.verification),
      run: async (request, call) => {
        const violations = updateViolations(request, isOneself(parts, call, request));
        if (violations.length > 0) return refused(invalid(violations));
        if (!(await mayAll(parts, request, call))) return refused({ code: 'permission-denied' });
        const address = addressOf(request, call);
        const { userType } = request;
        if (userType.case === 'machine' || (userType.case === undefined && (await isMachine(parts, address))))
          return told(await run(machineChange(request, address)), ({ details }) => ({
            changeDate: timestampFromMs(details.changeDate),
          }));
        return told(await run(humanChange(request, address)), ({ details, answer }) => ({
          changeDate: timestampFromMs(details.changeDate),
          ...codeOf(answer),
        }));
      },
    },
  };
}

const isReserved = ({ username, userType, metadata }: UpdateUserRequest) =>
  username !== undefined ||
  metadata.length > 0 ||
  (userType.case === 'human' && userType.value.email !== undefined);

const setsPassword = ({ userType }: UpdateUserRequest) =>
  userType.case === 'human' && userType.value.password !== undefined;

/** Who may write a user is not yet who may log in as that user, and who is that user not yet who administers it. */
async function mayAll(parts: Parts, request: UpdateUserRequest, call: Call): Promise<boolean> {
  const { principal, incoming } = call;
  const { userId, organizationId } = addressOf(request, call);
  const chosen = incoming.organization ? organizationId : null;
  const asking = { application: parts.application, principal, chosen };
  const may = async (needed: typeof permission | 'user.credential.write') =>
    (await authorize(asking, { of: 'user', permission: needed, self: false, userId })).kind === 'allowed';
  if (setsPassword(request) && !(await may('user.credential.write'))) return false;
  return !isReserved(request) || !isOneself(parts, call, request) || may(permission);
}

/** Whoever says nothing of the kind changes what both kinds have. */
async function isMachine({ application }: Parts, { userId }: Addressed): Promise<boolean> {
  const { state } = await application.accounts.streams.current(application.userStream(userId));
  return 'kind' in state.user && state.user.kind === 'machine';
}

function humanChange({ username, userType, metadata }: UpdateUserRequest, address: Addressed) {
  const human: Partial<UpdateUserRequest_Human> = userType.case === 'human' ? userType.value : {};
  const { profile, email, phone, password } = human;
  return new ChangeHumanUser({
    ...address,
    username: username ?? null,
    profile: profile === undefined ? null : profileChanges(profile),
    email:
      email === undefined
        ? null
        : new EmailFields({ email: email.email, verification: emailVerificationOf(email.verification) }),
    phone: phone?.phone ?? null,
    password: password === undefined ? null : passwordChange(password),
    metadata,
  });
}

/** One without a password is refused before. */
function passwordChange({ passwordType, verification }: SetPassword): PasswordChangeFields | null {
  if (passwordType.case === undefined) return null;
  return new PasswordChangeFields({ password: passwordFields(passwordType), shown: shownBy(verification) });
}

function profileChanges(profile: UpdateUserRequest_Human_Profile): HumanProfileChanges {
  const { givenName, familyName, nickName, displayName, preferredLanguage } = profile;
  const gender = genderOf(profile.gender);
  return new HumanProfileChanges({
    givenName: givenName ?? null,
    familyName: familyName ?? null,
    nickName: nickName ?? null,
    displayName: displayName ?? null,
    preferredLanguage: preferredLanguage ?? null,
    gender: gender === null ? 'unspecified' : (gender ?? null),
  });
}

function machineChange({ username, userType, metadata }: UpdateUserRequest, address: Addressed) {
  const machine: Partial<UpdateUserRequest_Machine> = userType.case === 'machine' ? userType.value : {};
  const { name, description } = machine;
  return new ChangeMachineUser({
    ...address,
    username: username ?? null,
    name: name ?? null,
    description: description ?? null,
    metadata,
  });
}

function updateViolations({ userType }: UpdateUserRequest, isOwn: boolean): readonly Violation[] {
  switch (userType.case) {
    case undefined:
      return [];
    case 'human':
      return [
        ...passwordViolations(userType.value.password, isOwn),
        ...contactViolations(userType.value, 'human.'),
      ];
    case 'machine':
      return tokenTypeViolations(userType.value.accessTokenType ?? 0, 'machine.access_token_type');
  }
}

/** An own one takes what only SetPassword asks for: a second factor that was shown just now. */
const passwordViolations = (password: SetPassword | undefined, isOwn: boolean): readonly Violation[] =>
  broken(
    [password !== undefined && password.passwordType.case === undefined, unset('human.password.password')],
    [
      password !== undefined && isOwn,
      {
        field: 'human.password',
        rule: 'not-own',
        message: 'must be changed by SetPassword, where it is an own one',
      },
    ],
  );
