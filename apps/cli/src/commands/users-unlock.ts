import { changeOfUser, pathOf } from '#cli/change-of-user.js';

export const usersUnlock = changeOfUser({
  name: 'users unlock',
  summary: 'Let a locked user in again.',
  examples: [{ line: 'users unlock 01a1fe5e-2dff-70db-8702-33a31e1f2470', meaning: 'By the id of the user' }],
  done: 'unlocked',
  asked: ({ given }) => ({ verb: 'POST', path: `/v2/users/${pathOf(given.argument(0))}/unlock`, body: {} }),
  command: async (user) => {
    const { UnlockUser } = await import('#application/user/unlock-user.js');
    return new UnlockUser(user);
  },
});
