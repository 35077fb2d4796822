import type { Command } from '@nestjs/cqrs';

import type { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import type { Asking, Queries } from '#read-models/queries/open-queries.js';
import type { Call, Implemented } from '#transport/implementation.js';
import type { Operating } from '#transport/operating.js';

/** What the calls are answered by. */
export interface Parts {
  readonly application: Application;
  readonly queries: Queries;
  readonly operating: Operating;
  /** By the bus, which holds each command to its rules. */
  readonly run: <Answer>(command: Command<Answer>) => Promise<Answer>;
  /** Every call there is, also of other dialects: who may make it is asked by an explanation. */
  readonly implemented: () => readonly Implemented[];
}

export const askingOf = ({ incoming, position }: Call): Asking => ({ position, signal: incoming.signal });

interface OfUser {
  readonly userId: string;
}

export interface Addressed {
  readonly organizationId: OrganizationId;
  readonly userId: UserId;
  readonly by: Caller;
}

/** The rule of the call has found the user in this organization. */
export const addressOf = ({ userId }: OfUser, { organizationId, by }: Call): Addressed => ({
  organizationId,
  userId: userId as UserId,
  by,
});

/** Whether the access token is that of the user who is asked about. */
export const isOneself = ({ application }: Parts, { principal }: Call, { userId }: OfUser): boolean =>
  application.userStream(userId as UserId) === principal.userStream;
