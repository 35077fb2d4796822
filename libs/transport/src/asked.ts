// Reads out of a request what its access rule is about.

import type { Permission } from '#access/permissions.js';
import type { OrganizationId, SessionId, UserId } from '#domain/ids.js';
import type { Asked } from '#transport/authorize.js';
import type { AccessRule, IdIn } from '#transport/implementation.js';

/** What commands take as an id. */
const idCharactersMax = 200;

/** Of a method, made once: from its requests to what they ask for, or to the field that holds no id. */
export function askerOf<Request>(rule: AccessRule<Request>): (request: Request) => Asked | NoId {
  switch (rule.of) {
    case 'anyone':
    case 'instance':
      return () => rule;
    case 'user': {
      const { permission, self, userId, reachesGone = false } = rule;
      const read = readerOf(userId);
      return (request) => {
        const id = read(request);
        if (!isId(id)) return noIdIn(userId);
        return { of: 'user', permission, self, userId: id as UserId, reachesGone };
      };
    }
    case 'session': {
      const { permission, sessionId, sessionToken } = rule;
      const read = readerOf(sessionId);
      return (request) => {
        const id = read(request);
        if (!isId(id)) return noIdIn(sessionId);
        const given = sessionToken?.(request) || null;
        return { of: 'session', permission, sessionId: id as SessionId, sessionToken: given };
      };
    }
    case 'organization': {
      const { organizationId, reachesGone = false } = rule;
      const permissionFor = permissionOf(rule.permission);
      const read = organizationId === null ? () => null : readerOf(organizationId);
      return (request) => {
        const id = read(request);
        if (organizationId !== null && id !== null && !isId(id)) return noIdIn(organizationId);
        const permission = permissionFor(request);
        return { of: 'organization', permission, organizationId: id as OrganizationId | null, reachesGone };
      };
    }
  }
}

const permissionOf = <Request>(
  permission: Permission | ((request: Request) => Permission),
): ((request: Request) => Permission) => (typeof permission === 'function' ? permission : () => permission);

/** A mistake of the caller that shows before anything is looked up. */
export interface NoId {
  readonly code: 'invalid-input';
  readonly violations: readonly [{ readonly field: string; readonly rule: 'id'; readonly message: string }];
}

const isId = (id: string | null) => id !== null && id.length <= idCharactersMax;

function noIdIn<Request>(id: IdIn<Request>): NoId {
  const field = typeof id === 'string' ? id : id.path;
  const message = `must be 1 to ${idCharactersMax} characters`;
  return { code: 'invalid-input', violations: [{ field, rule: 'id', message }] };
}

/** In protobuf a text that was left out is an empty one. */
function readerOf<Request>(id: IdIn<Request>): (request: Request) => string | null {
  if (typeof id !== 'string') return (request) => id.read(request) || null;
  return (request) => (request[id as keyof Request] as string | undefined) || null;
}
