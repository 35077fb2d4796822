// How near a caller is to a session: whether it has its token, is it, or began it.

import type { Closeness } from '#access/judge.js';
import type { Application } from '#application/application.js';
import { nameOfUser } from '#application/user/user-stream.js';
import type { SessionId } from '#domain/ids.js';
import type { SessionState } from '#domain/session/state.js';
import type { Principal } from '#transport/implementation.js';

interface Brought {
  readonly sessionId: SessionId;
  readonly sessionToken: string | null;
}

export function bringsToken(
  { parts: { secrets } }: Application,
  { sessionId, sessionToken }: Brought,
  state: SessionState,
): boolean {
  const parsed = sessionToken === null ? null : secrets.parseSessionToken(sessionToken);
  if (parsed === null) return false;
  const hash = state.status === 'active' ? state.tokenHash : null;
  return secrets.sameSecret(parsed.secret, hash) && parsed.sessionId === sessionId;
}

/** Who begins a session stands in the metadata of its first event. */
export async function isMadeBy(
  { parts: { log } }: Application,
  stream: string,
  principal: Principal,
): Promise<boolean> {
  const page = await log.readStream(stream, { direction: 'forward', from: 0, limit: 1 });
  const [first] = page.status === 'found' ? page.events : [];
  return first !== undefined && first.metadata.editor === nameOfUser(principal);
}

interface Near {
  readonly sessionId: SessionId;
  readonly userStream: string | null;
  readonly isMade: boolean;
}

export function closenessOf(principal: Principal, { sessionId, userStream, isMade }: Near): Closeness {
  if (principal.via === 'session' && principal.sessionId === sessionId) return 'itself';
  if (userStream === principal.userStream) return 'own';
  return isMade ? 'made' : 'none';
}
