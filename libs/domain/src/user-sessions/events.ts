import type { SessionId } from '#domain/ids.js';

export type UserSessionsEvent = {
  readonly type: 'user.sessions.ended';
  /** The one in which they were ended goes on. */
  readonly except: SessionId | null;
};
