import { userArgument } from '#cli/change-of-user.js';
import type { Command } from '#cli/command.js';
import { exitCodes } from '#cli/exit-codes.js';
import { sessionsOf, type ToldSession } from '#cli/sessions.js';

export const sessionsList: Command = {
  name: 'sessions list',
  summary: 'List the sessions of a user, the latest first: what was checked, when, and until when they last.',
  details:
    'Those that were ended are not there; one that has only expired is, until it is ended. A user has at most so many on the list as one answer has: 1,000.',
  way: 'either',
  arguments: [userArgument],
  options: {},
  examples: [
    { line: 'sessions list 01a1fe5e-2dff-70db-8702-33a31e1f2470', meaning: 'Where somebody is logged in' },
    {
      line: 'sessions list 01a1fe5e-2dff-70db-8702-33a31e1f2470 --json',
      meaning: 'With a line for each session',
    },
  ],
  run: async (call) => {
    const { output, given } = call;
    const sessions = await sessionsOf(call, given.argument(0));
    if (output.isJson) for (const session of sessions) await output.json(session);
    else await output.line(output.table(['session', 'made', 'expires', 'checked', 'on'], sessions.map(row)));
    return exitCodes.done;
  },
};

const row = ({ sessionId, createdAt, expiresAt, isExpired, checked, userAgent }: ToldSession) => [
  sessionId,
  createdAt,
  isExpired ? { text: `${expiresAt} (over)`, colour: 'dim' as const } : expiresAt,
  checked.join(', '),
  userAgent ?? '',
];
