import type { LoginKey, OrganizationId, Sealed } from '#domain/ids.js';
import type { UserEvent } from '#domain/user/events.js';
import { type Entries, older } from '#event-catalog/entry.js';
import { id, instant, loginKey, nullable, sealed, yesOrNo } from '#event-catalog/fields.js';

const named = {
  organizationId: id<OrganizationId>(),
  username: sealed<Sealed>(),
  usernameKey: loginKey<LoginKey>(),
  profile: sealed<Sealed>(),
};
const person = {
  ...named,
  email: sealed<Sealed>(),
  emailKey: loginKey<LoginKey>(),
  emailVerified: yesOrNo,
  phone: nullable(sealed<Sealed>()),
};

export const userEvents = {
  'user.human.added': {
    meaning: 'A person was added to an organization.',
    older: [older(person, (stored) => ({ userId: null, ...stored }))],
    fields: { userId: nullable(sealed()), ...person },
  },
  'user.machine.added': {
    meaning: 'A machine, which signs in by access tokens, was added to an organization.',
    older: [older(named, (stored) => ({ userId: null, ...stored }))],
    fields: { userId: nullable(sealed()), ...named },
  },
  'user.username.changed': {
    meaning: 'The user signs in by another username from now on.',
    fields: { username: sealed(), usernameKey: loginKey() },
  },
  'user.human.profile.changed': {
    meaning: 'The names, or whatever else the profile of a person holds, are others.',
    fields: { profile: sealed() },
  },
  'user.machine.changed': {
    meaning: 'The name or the description of a machine is another.',
    fields: { profile: sealed() },
  },
  'user.human.email.changed': {
    meaning: 'The person has another email address, verified or still to be verified.',
    fields: { email: sealed(), emailKey: loginKey(), verified: yesOrNo },
  },
  'user.human.email.code.added': {
    meaning: 'A code was made that proves the email address; an earlier one no longer does.',
    fields: { code: sealed(), expiresAt: instant },
  },
  'user.human.email.verified': {
    meaning: 'The code was given back: the email address is that of the person, and a login name.',
    fields: {},
  },
  'user.human.email.verification.failed': {
    meaning: 'A wrong code was given for the email address, which counts against the code.',
    fields: {},
  },
  'user.human.phone.changed': {
    meaning: 'The person has another phone number.',
    fields: { phone: sealed() },
  },
  'user.human.phone.removed': { meaning: 'The person has no phone number any more.', fields: {} },
  'user.deactivated': {
    meaning: 'The user was put out of use by an administrator, and verifies nothing.',
    fields: {},
  },
  'user.reactivated': { meaning: 'A deactivated user is in use again.', fields: {} },
  'user.locked': { meaning: 'The user was shut out, and verifies nothing.', fields: {} },
  'user.unlocked': { meaning: 'A locked user is let in again.', fields: {} },
  'user.removed': { meaning: 'The user is gone, and its login names are free.', fields: {} },
  'user.erased': {
    meaning: 'The data key of the user is deleted: whatever is sealed under it stays sealed for ever.',
    fields: {},
  },
} satisfies Entries<UserEvent>;
