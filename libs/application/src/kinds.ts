// The five kinds of streams: how each is encoded, decoded and folded.

import type { StreamKind } from '#application/streams.js';
import type { AccountEvent } from '#domain/account/events.js';
import { type Account, evolveAccount, noAccount } from '#domain/account/state.js';
import type { InstanceEvent } from '#domain/instance/events.js';
import { evolveInstance, type InstanceState, noInstance } from '#domain/instance/state.js';
import type { LoginNameEvent } from '#domain/login-name/events.js';
import { evolveLoginName, freeLoginName, type LoginNameState } from '#domain/login-name/state.js';
import type { OrganizationEvent } from '#domain/organization/events.js';
import { evolveOrganization, noOrganization, type OrganizationState } from '#domain/organization/state.js';
import type { SessionEvent } from '#domain/session/events.js';
import { evolveSession, noSession, type SessionState } from '#domain/session/state.js';
import {
  decodeAccountEvent,
  decodeInstanceEvent,
  decodeLoginNameEvent,
  decodeOrganizationEvent,
  decodeSessionEvent,
  encodeEvent,
} from '#event-catalog/catalogue.js';

export const accountKind: StreamKind<Account, AccountEvent> = {
  initial: noAccount,
  encode: encodeEvent,
  decode: decodeAccountEvent,
  evolve: evolveAccount,
};
export const organizationKind: StreamKind<OrganizationState, OrganizationEvent> = {
  initial: noOrganization,
  encode: encodeEvent,
  decode: decodeOrganizationEvent,
  evolve: evolveOrganization,
};
export const instanceKind: StreamKind<InstanceState, InstanceEvent> = {
  initial: noInstance,
  encode: encodeEvent,
  decode: decodeInstanceEvent,
  evolve: evolveInstance,
};
export const loginNameKind: StreamKind<LoginNameState, LoginNameEvent> = {
  initial: freeLoginName,
  encode: encodeEvent,
  decode: decodeLoginNameEvent,
  evolve: evolveLoginName,
};
export const sessionKind: StreamKind<SessionState, SessionEvent> = {
  initial: noSession,
  encode: encodeEvent,
  decode: decodeSessionEvent,
  evolve: evolveSession,
  about: (session) => {
    if (session.status === 'unknown' || session.user === null) return null;
    const { user, organizationId } = session.user;
    return { user, userOrganization: organizationId };
  },
};
