import { pathOf } from '#cli/change-of-user.js';
import type { Call, Command } from '#cli/command.js';
import { exitCodes } from '#cli/exit-codes.js';
import type { House } from '#cli/house.js';
import { reach } from '#cli/reach.js';
import type { ServiceApi } from '#cli/service-api.js';
import { sessionsHere, sessionsThere, type ToldSession } from '#cli/sessions.js';
import type { SessionId } from '#domain/ids.js';

export const sessionsEnd: Command = {
  name: 'sessions end',
  summary: 'End a session, or all sessions of a user: their tokens let nobody in any more.',
  details:
    'One that has ended already stays ended. With --user, those that there are when it is asked are ended, one after the other; to keep somebody out, lock the user or set another password.',
  way: 'either',
  arguments: [{ name: 'id', meaning: 'The id of the session; with --user, that of the user.' }],
  options: { user: { meaning: 'The id is that of a user, all of whose sessions are ended.' } },
  examples: [
    {
      line: 'sessions end 01a1fe60-3c80-7eb2-a1f9-0c6e3a3c41d2',
      meaning: 'One, which sessions list tells',
    },
    {
      line: 'sessions end 01a1fe5e-2dff-70db-8702-33a31e1f2470 --user',
      meaning: 'All of somebody whose machine was stolen',
    },
  ],
  run: async (call) => {
    const ended = await reach(call, {
      byApi: (service) => endThere(call, service),
      offline: (house) => endHere(call, house),
    });
    const text = ended.length === 1 ? 'ended one session' : `ended ${ended.length} sessions`;
    await call.output.answer({ ended }, () => text);
    return exitCodes.done;
  },
};

function endThere({ given }: Call, service: ServiceApi): Promise<readonly string[]> {
  const id = given.argument(0);
  const end = async (sessionId: string) => {
    await service.ask({ verb: 'DELETE', path: `/v2/sessions/${pathOf(sessionId)}`, body: {} });
  };
  return given.flag('user') ? endAll(() => sessionsThere(service, id), end) : endOne(id, end);
}

async function endHere({ given }: Call, house: House): Promise<readonly string[]> {
  const { DeleteSession } = await import('#application/session/delete-session.js');
  const id = given.argument(0);
  const end = async (sessionId: string) => {
    await house.run(new DeleteSession({ sessionId: sessionId as SessionId, by: house.by }));
  };
  return given.flag('user') ? endAll(() => sessionsHere(house, id), end) : endOne(id, end);
}

type End = (sessionId: string) => Promise<void>;

async function endOne(sessionId: string, end: End): Promise<readonly string[]> {
  await end(sessionId);
  return [sessionId];
}

/** Page by page, until none is left of those that there were. */
async function endAll(list: () => Promise<readonly ToldSession[]>, end: End): Promise<readonly string[]> {
  const ended = new Set<string>();
  for (;;) {
    const left = (await list()).filter(({ sessionId }) => !ended.has(sessionId));
    if (left.length === 0) return [...ended];
    for (const { sessionId } of left) {
      await end(sessionId);
      ended.add(sessionId);
    }
  }
}
