import { pathOf, userArgument } from '#cli/change-of-user.js';
import type { Command } from '#cli/command.js';
import { usageFailure } from '#cli/command-failure.js';
import { exitCodes } from '#cli/exit-codes.js';
import { reach } from '#cli/reach.js';

const dayMs = 24 * 60 * 60 * 1_000;

export const tokensAdd: Command = {
  name: 'tokens add',
  summary: 'Make an access token of a user. It is told once, on standard output.',
  details:
    'With the service stopped it needs no token: it is the way back for who has lost the one of the administrator.',
  way: 'either',
  arguments: [userArgument],
  options: { days: { meaning: 'How long it lasts. Else until it is revoked.', value: 'count' } },
  examples: [
    {
      line: 'tokens add 66d2f0e4-100e-89b1-ae1b-73a2ad7db76c --days 30 > token',
      meaning: 'Into a file',
    },
  ],
  run: async (call) => {
    const { given, output } = call;
    const expiresAt = expiryOf(given.text('days'));
    const userId = given.argument(0);
    const added = await reach(call, {
      byApi: async (service) => {
        const body = expiresAt === null ? {} : { expirationDate: new Date(expiresAt).toISOString() };
        const answer = await service.ask({ verb: 'POST', path: `/v2/users/${pathOf(userId)}/pats`, body });
        return { tokenId: String(answer.tokenId), token: String(answer.token) };
      },
      offline: async (house) => {
        const { AddAccessToken } = await import('#application/access-token/add-access-token.js');
        const user = await house.user(userId);
        const command = new AddAccessToken({ ...user, name: 'command line', scopes: ['all'], expiresAt });
        return (await house.run<{ tokenId: string; token: string }>(command)).answer;
      },
    });
    const { tokenId, token } = added;
    output.note(`the token ${tokenId} of the user ${userId}:`);
    await output.answer({ tokenId, token }, () => token);
    return exitCodes.done;
  },
};

function expiryOf(days: string | null): number | null {
  if (days === null) return null;
  if (/^\d{1,5}$/.test(days) && Number(days) > 0) return Date.now() + Number(days) * dayMs;
  throw usageFailure('--days must be a whole number from 1 on', `it was ${days}`);
}
