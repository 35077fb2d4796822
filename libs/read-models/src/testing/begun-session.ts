// A session as its stream has it after a login, for rows that are to be seen apart from the commands that log in.

import { by, type House, organizationId } from '#application/testing/house.js';
import type { FingerprintKey, Instant, OrganizationId, Sealed, SessionId, UserId } from '#domain/ids.js';
import type { SessionEvent } from '#domain/session/events.js';
import { write } from '#read-models/testing/written.js';

export interface Login {
  /** Null for one whose user is not checked yet. */
  readonly userId: UserId | null;
  readonly of?: OrganizationId;
  readonly generation?: number;
  /** Where that was before it was noted. */
  readonly userCheckedAt?: Instant;
  readonly editor?: string;
  readonly fingerprint?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly lifetimeSeconds?: number;
  /** In place of the password. */
  readonly checked?: readonly SessionEvent[];
}

export const passwordChecked = { type: 'session.password.checked', at: null } as const;

export async function login(house: House, given: Login): Promise<SessionId> {
  const sessionId = house.parts.secrets.newId() as SessionId;
  await writeSession(house, sessionId, { given, events: await eventsOf(house, sessionId, given) });
  return sessionId;
}

export interface WrittenSession {
  readonly given: Login;
  readonly events: readonly SessionEvent[];
}

export async function writeSession(
  house: House,
  sessionId: SessionId,
  { given: { userId, of = organizationId, editor = by.editor }, events }: WrittenSession,
): Promise<void> {
  const about = userId && { user: house.parts.secrets.names.streamId(userId), userOrganization: of };
  const organization = userId === null ? of : 'instance';
  await write(house, `session-${sessionId}`, { events, metadata: { organization, editor, ...about } });
}

async function eventsOf(house: House, sessionId: SessionId, given: Login): Promise<readonly SessionEvent[]> {
  const { userId, fingerprint = null, lifetimeSeconds = 3_600, metadata, generation = 0 } = given;
  const { of = organizationId, checked = [passwordChecked] } = given;
  const { names } = house.parts.secrets;
  const lifetime = { type: 'session.lifetime.set', lifetimeSeconds } as const;
  const token = { type: 'session.token.set', hash: 'h'.repeat(43) } as const;
  const fingerprintKey = fingerprint === null ? null : (names.fingerprintKey(fingerprint) as FingerprintKey);
  if (userId === null) return [{ type: 'session.added', userAgent: null, fingerprintKey }, lifetime, token];
  const user = names.streamId(userId);
  const seal = await sealerOf(house, { user, of, sessionId });
  const agent = { fingerprintId: fingerprint, ip: '192.0.2.1', description: 'Browser', headers: {} };
  const sealedOf = (sealed: Sealed) => ({ user, organizationId: of, sealed });
  return [
    {
      type: 'session.added',
      userAgent: sealedOf(seal('session-user-agent', JSON.stringify(agent))),
      fingerprintKey,
    },
    {
      type: 'session.user.checked',
      user,
      userId: seal('user-id', userId),
      organizationId: of,
      generation,
      at: given.userCheckedAt ?? null,
    },
    ...checked,
    ...(metadata === undefined
      ? []
      : [
          {
            type: 'session.metadata.set',
            metadata: sealedOf(seal('session-metadata', JSON.stringify(metadata))),
          } as const,
        ]),
    lifetime,
    token,
  ];
}

interface Whose {
  readonly user: string;
  readonly of: OrganizationId;
  readonly sessionId: SessionId;
}

async function sealerOf({ parts: { secrets } }: House, { user, of, sessionId }: Whose) {
  const subject = `user-${user}`;
  const key = await secrets.keys.get(subject);
  if (key === null) throw new Error('nobody logs in whose key is gone');
  return (purpose: string, text: string): Sealed =>
    secrets.seal(key, { organizationId: of, subject, factor: sessionId, purpose }, text);
}
