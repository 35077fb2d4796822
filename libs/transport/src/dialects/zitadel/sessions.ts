// Logins. Whoever makes sessions is let in by a role; whom a session is about is found by the command, so that nobody
// learns from an answer, nor from its time, whether there is such a user.

import type { Outcome } from '#application/caller.js';
import { CreateSession } from '#application/session/create-session.js';
import { DeleteSession } from '#application/session/delete-session.js';
import { SetSession } from '#application/session/set-session.js';
import type {
  CreateSessionRequest,
  SessionService,
  SetSessionRequest,
} from '#contract/zitadel/session/v2/session_service_pb.js';
import type { SessionId } from '#domain/ids.js';
import { everyOrganization } from '#read-models/queries/queries.js';
import { authorize, chosenIn } from '#transport/authorize.js';
import { detailsOf, inDetails, listDetailsOf } from '#transport/dialects/zitadel/messages.js';
import { listRefusal } from '#transport/dialects/zitadel/pages.js';
import { askingOf, type Parts } from '#transport/dialects/zitadel/parts.js';
import {
  askedViolations,
  hashesOf,
  isSecondFactorAlone,
  lifetimeOf,
  metadataOf,
  notBuiltIn,
  searchIn,
  sessionMessage,
  shownIn,
  userAgentOf,
} from '#transport/dialects/zitadel/session-messages.js';
import { asksForItself, isRefused, sessionSearchOf } from '#transport/dialects/zitadel/session-search.js';
import { invalid } from '#transport/dialects/zitadel/violations.js';
import { itselfOf, visibleTo } from '#transport/dialects/zitadel/visible.js';
import { answered, type Call, type MethodTable, refused, told } from '#transport/implementation.js';
import type { CallRefusal } from '#transport/refusals.js';
import { stranger } from '#transport/stranger.js';

type Methods = MethodTable<typeof SessionService>;

/** Fields of the commands, as they are called in the request. */
const fields = {
  user: 'checks.user',
  password: 'checks.password.password',
  totpCode: 'checks.totp.code',
  recoveryCode: 'checks.recovery_code.code',
  lifetimeSeconds: 'lifetime',
  'userAgent.headers': 'user_agent.header',
};

export const sessions = (parts: Parts): Methods => ({
  ...changes(parts),
  ...ends(parts),
  ...reads(parts),
});

const changes = (parts: Parts): Methods => ({
  createSession: {
    access: { of: 'organization', permission: 'session.write', organizationId: null },
    enters: true,
    finds: namesSomebody,
    guesses: true,
    hashes: hashesOf,
    shows: () => true,
    fields,
    run: async (request, call) => {
      const refusal = refusedRequest(request);
      if (refusal !== null) return refused(refusal);
      // A session that is nobody's yet is of no organization, and nobody of one could go on with it.
      if (searchIn(request) === null && !(await isForEverybody(parts, call)))
        return refused({ code: 'permission-denied' });
      const changes = await changesIn(parts, request, call);
      const wanted = { ...changes, userAgent: userAgentOf(request.userAgent) };
      return told(await parts.run(new CreateSession(wanted)), ({ details, answer }) => ({
        details: detailsOf(details),
        sessionId: answer.sessionId,
        // Left out of a repeat, since it was shown before.
        sessionToken: answer.token ?? '',
      }));
    },
  },
  setSession: {
    access: { of: 'session', permission: 'session.write', sessionId: 'sessionId' },
    completes: isSecondFactorAlone,
    finds: namesSomebody,
    guesses: true,
    hashes: hashesOf,
    shows: () => true,
    fields,
    run: async (request, call) => {
      const refusal = refusedRequest(request);
      if (refusal !== null) return refused(refusal);
      const wanted = { ...(await changesIn(parts, request, call)), sessionId: idIn(request) };
      const outcome = await parts.run(new SetSession(wanted));
      if (wanted.user === null && isOfNobody(outcome)) return refused({ code: 'session-not-found' });
      return told(outcome, ({ details, answer }) => ({
        details: detailsOf(details),
        sessionToken: answer.token ?? '',
      }));
    },
  },
});

const ends = (parts: Parts): Methods => ({
  deleteSession: {
    access: {
      of: 'session',
      permission: 'session.delete',
      sessionId: 'sessionId',
      sessionToken: ({ sessionToken }) => sessionToken,
    },
    logsOut: true,
    run: async (request, { by }) =>
      told(await parts.run(new DeleteSession({ sessionId: idIn(request), by })), inDetails),
  },
});

const reads = (parts: Parts): Methods => ({
  getSession: {
    access: {
      of: 'session',
      permission: 'session.read',
      sessionId: 'sessionId',
      sessionToken: ({ sessionToken }) => sessionToken,
    },
    run: async (request, call) => {
      // That the caller may see it was found out before, of whichever organization it is.
      const found = await parts.queries.getSession(everyOrganization, idIn(request), askingOf(call));
      return found.kind === 'rejected' ? found : answered({ session: sessionMessage(found.answer) });
    },
  },
  listSessions: {
    // Whoever may read nobody else's is answered its own, and nobody learns which others there are.
    access: { of: 'anyone', lists: 'session.read' },
    run: async (request, call) => {
      const visible = await visibleTo(parts, call, 'session.read');
      if ('code' in visible) return refused(visible);
      const { only, scope } = visible;
      const itself = asksForItself(request) ? await itselfOf(parts, call) : null;
      if (itself?.kind === 'rejected') return itself;
      const search = sessionSearchOf(request, { itself: itself?.answer ?? null, only });
      if (isRefused(search)) return refused(invalid(search));
      const found = await parts.queries.listSessions(scope, search, askingOf(call));
      if (found.kind === 'rejected') return refused(listRefusal(found.refusal, 'queries'));
      const { items, total } = found.answer;
      return answered({
        details: listDetailsOf(total, parts.application.parts.clock()),
        sessions: items.map(sessionMessage),
      });
    },
  },
});

/** Whose user is gone is told of as what never was. */
const isOfNobody = (outcome: Outcome<unknown, CallRefusal>): boolean =>
  outcome.kind === 'rejected' && outcome.refusal.code === 'user-not-found';

const namesSomebody = (request: CreateSessionRequest | SetSessionRequest) => searchIn(request) !== null;

const idIn = ({ sessionId }: { readonly sessionId: string }) => sessionId as SessionId;

function refusedRequest(request: CreateSessionRequest | SetSessionRequest): CallRefusal | null {
  const violations = askedViolations(request);
  return notBuiltIn(request) ?? (violations.length > 0 ? invalid(violations) : null);
}

async function changesIn(parts: Parts, request: CreateSessionRequest | SetSessionRequest, call: Call) {
  return {
    // Whose users can be meant: null stands for those of every organization.
    organizationId:
      chosenIn(call.incoming) ?? ((await isForEverybody(parts, call)) ? null : call.organizationId),
    user: searchIn(request),
    ...shownIn(request),
    metadata: metadataOf(request.metadata),
    lifetimeSeconds: lifetimeOf(request),
    by: call.by,
    admit: call.admit ?? null,
  };
}

/** Whether the caller makes sessions of everybody, and not only of its organization. A stranger makes but its own. */
async function isForEverybody({ application }: Parts, call: Call): Promise<boolean> {
  if (call.principal === stranger) return true;
  const asking = { application, principal: call.principal, chosen: chosenIn(call.incoming) };
  const ofAll = await authorize(asking, { of: 'instance', permission: 'session.write' });
  return ofAll.kind === 'allowed';
}
