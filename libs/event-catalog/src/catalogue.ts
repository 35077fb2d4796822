// The one place that knows how events are kept: each type in each version that was ever written.

import type { AccountEvent } from '#domain/account/events.js';
import type { InstanceEvent } from '#domain/instance/events.js';
import type { LoginNameEvent } from '#domain/login-name/events.js';
import type { OrganizationEvent } from '#domain/organization/events.js';
import type { SessionEvent } from '#domain/session/events.js';
import { accessTokenEvents } from '#event-catalog/access-token.js';
import { attemptsEvents } from '#event-catalog/attempts.js';
import { codecOf } from '#event-catalog/codec.js';
import type { Entries } from '#event-catalog/entry.js';
import { instanceEvents } from '#event-catalog/instance.js';
import { loginNameEvents } from '#event-catalog/login-name.js';
import { organizationEvents } from '#event-catalog/organization.js';
import { passwordEvents } from '#event-catalog/password.js';
import { recoveryCodesEvents } from '#event-catalog/recovery-codes.js';
import { sessionEvents, userSessionsEvents } from '#event-catalog/session.js';
import type { StoredEvent } from '#event-catalog/stored-event.js';
import { totpEvents } from '#event-catalog/totp.js';
import { userEvents } from '#event-catalog/user.js';
import { userMetadataEvents } from '#event-catalog/user-metadata.js';

export type DomainEvent = AccountEvent | OrganizationEvent | InstanceEvent | LoginNameEvent | SessionEvent;

const accountEvents = {
  ...userEvents,
  ...totpEvents,
  ...recoveryCodesEvents,
  ...attemptsEvents,
  ...accessTokenEvents,
  ...passwordEvents,
  ...userMetadataEvents,
  ...userSessionsEvents,
} satisfies Entries<AccountEvent>;

/** By the kind of stream that the events stand in. */
export const catalogue = {
  account: accountEvents,
  organization: organizationEvents,
  instance: instanceEvents,
  loginName: loginNameEvents,
  session: sessionEvents,
};

const all = codecOf<DomainEvent>({
  ...accountEvents,
  ...organizationEvents,
  ...instanceEvents,
  ...loginNameEvents,
  ...sessionEvents,
} satisfies Entries<DomainEvent>);
const account = codecOf<AccountEvent>(catalogue.account);
const organization = codecOf<OrganizationEvent>(catalogue.organization);
const instance = codecOf<InstanceEvent>(catalogue.instance);
const loginName = codecOf<LoginNameEvent>(catalogue.loginName);
const session = codecOf<SessionEvent>(catalogue.session);

/** Throws `TypeError` for an event that could not be read back. */
export function encodeEvent(event: DomainEvent): StoredEvent {
  return all.encode(event);
}

/** Throws `UndecodableEvent`, as all below do. */
export function decodeEvent(stored: StoredEvent): DomainEvent {
  return all.decode(stored);
}

/** An event of another kind of stream is an unknown type here. */
export function decodeAccountEvent(stored: StoredEvent): AccountEvent {
  return account.decode(stored);
}

export function decodeOrganizationEvent(stored: StoredEvent): OrganizationEvent {
  return organization.decode(stored);
}

export function decodeInstanceEvent(stored: StoredEvent): InstanceEvent {
  return instance.decode(stored);
}

export function decodeLoginNameEvent(stored: StoredEvent): LoginNameEvent {
  return loginName.decode(stored);
}

export function decodeSessionEvent(stored: StoredEvent): SessionEvent {
  return session.decode(stored);
}
