// The queries as callers ask them: each waits until the rows show what its caller may know of, and is answered from
// one snapshot of them.

import type { Instant } from '#domain/ids.js';
import type { Position } from '#event-log/event-log.js';
import { listAudit } from '#read-models/queries/audit.js';
import {
  listAuthenticationFactors,
  listAuthenticationMethods,
  listFactors,
  recoveryCodesLeft,
} from '#read-models/queries/factors.js';
import { listUsers } from '#read-models/queries/list-users.js';
import {
  firstOrganization,
  getOrganization,
  instanceSettings,
  listMembers,
  listOrganizations,
  settingsOf,
} from '#read-models/queries/organizations.js';
import {
  type Answer,
  type NotYet,
  type OpenSealed,
  rejected,
  type Sources,
} from '#read-models/queries/queries.js';
import { getSession, listSessions } from '#read-models/queries/sessions.js';
import { appendsInLog, usageOf } from '#read-models/queries/usage.js';
import {
  getUser,
  listAccessTokens,
  listUserMetadata,
  userDetails,
  userIdOfStream,
} from '#read-models/queries/users.js';
import type { Reading } from '#read-models/store.js';
import type { Waits } from '#read-models/waits.js';

interface Store {
  /** Rejects with the reason of the signal once nobody waits for the answer any more. */
  read<Answer>(ask: (reading: Reading) => Promise<Answer>, signal: AbortSignal): Promise<Answer>;
}

export interface QueriesOptions {
  readonly store: Store;
  readonly waits: Pick<Waits, 'awaitPosition'>;
  readonly names: Pick<Sources, 'streamId' | 'fingerprintKey'>;
  readonly open: OpenSealed;
  readonly clock: () => Instant;
}

export interface Asking {
  /** What the answer has to show; null for whatever was acknowledged before. */
  readonly position: Position | null;
  /** Aborted when nobody waits for the answer any more: the query then rejects with its reason. */
  readonly signal: AbortSignal;
}

type Query<Asked extends readonly unknown[], Value, Refusal> = (
  ...asked: [...Asked, Sources]
) => Promise<Answer<Value, Refusal>>;

export type Queries = ReturnType<typeof openQueries>;

export function openQueries({ store, waits, names, open, clock }: QueriesOptions) {
  const streamId = (id: string) => names.streamId(id);
  const fingerprintKey = (fingerprint: string) => names.fingerprintKey(fingerprint);
  const from =
    (...projections: readonly string[]) =>
    <Asked extends readonly unknown[], Value, Refusal>(query: Query<Asked, Value, Refusal>) =>
    async (...given: [...Asked, Asking]): Promise<Answer<Value, Refusal | NotYet>> => {
      const { position, signal } = given.at(-1) as Asking;
      const asked = given.slice(0, -1) as unknown as [...Asked];
      const behind = await waits.awaitPosition({ projections, position, signal });
      signal.throwIfAborted();
      if (behind !== null) return rejected(behind);
      const sources = { now: clock(), streamId, fingerprintKey, open };
      return store.read((reading) => query(...asked, { reading, ...sources }), signal);
    };
  const ofUsers = from('users');
  const ofOrganizations = from('organizations');
  const ofBoth = from('users', 'organizations');
  const ofSessions = from('sessions', 'users', 'organizations');
  return {
    getUser: ofUsers(getUser),
    userDetails: ofUsers(userDetails),
    userIdOfStream: ofUsers(userIdOfStream),
    listUserMetadata: ofUsers(listUserMetadata),
    listAccessTokens: ofUsers(listAccessTokens),
    listUsers: ofUsers(listUsers),
    listAuthenticationMethods: ofBoth(listAuthenticationMethods),
    listAuthenticationFactors: ofBoth(listAuthenticationFactors),
    listFactors: ofBoth(listFactors),
    recoveryCodesLeft: ofBoth(recoveryCodesLeft),
    getOrganization: ofOrganizations(getOrganization),
    listOrganizations: ofOrganizations(listOrganizations),
    firstOrganization: ofOrganizations(firstOrganization),
    settingsOf: ofOrganizations(settingsOf),
    instanceSettings: ofOrganizations(instanceSettings),
    listMembers: ofBoth(listMembers),
    getSession: ofSessions(getSession),
    listSessions: ofSessions(listSessions),
    listAudit: from('audit')(listAudit),
    usageOf: from('users', 'audit')(usageOf),
    appendsInLog: from('audit')(appendsInLog),
  };
}
