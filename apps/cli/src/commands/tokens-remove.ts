import { changeOfUser, pathOf } from '#cli/change-of-user.js';

export const tokensRemove = changeOfUser({
  name: 'tokens remove',
  summary: 'Revoke an access token.',
  arguments: [{ name: 'token', meaning: 'The id of the token, which users show tells.' }],
  examples: [
    {
      line: 'tokens remove 66d2f0e4-100e-89b1-ae1b-73a2ad7db76c 01a1fe5e-2dff-70db-8702-33a31e1f2470',
      meaning: 'Of a user, a token',
    },
  ],
  done: 'revoked',
  asked: ({ given }) => ({
    verb: 'DELETE',
    path: `/v2/users/${pathOf(given.argument(0))}/pats/${pathOf(given.argument(1))}`,
  }),
  command: async (user, { given }) => {
    const { RemoveAccessToken } = await import('#application/access-token/remove-access-token.js');
    return new RemoveAccessToken({ ...user, tokenId: given.argument(1) as never });
  },
});
