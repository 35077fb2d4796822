import { changeOfUser, pathOf } from '#cli/change-of-user.js';
import { usageFailure } from '#cli/command-failure.js';

export const usersErase = changeOfUser({
  name: 'users erase',
  summary: 'Delete the key of a user, and with it all that was sealed. There is no way back.',
  details:
    'That there was somebody stays in the log; what is known of the person can be read by nobody. Backups of the keys that are older still have the key: a restore erases it again.',
  options: { yes: { meaning: 'It is meant. Nothing is erased without it.' } },
  examples: [{ line: 'users erase 01a1fe5e-2dff-70db-8702-33a31e1f2470 --yes', meaning: 'For good' }],
  done: 'erased',
  isFollowed: true,
  check: ({ given }) => {
    if (!given.flag('yes'))
      throw usageFailure(
        'users erase cannot be taken back',
        'add --yes when it is meant: nothing was erased',
      );
  },
  asked: ({ given }) => ({
    verb: 'POST',
    path: `/countersign/v1/users/${pathOf(given.argument(0))}/erase`,
    body: {},
  }),
  command: async (user) => {
    const { EraseUser } = await import('#application/user/erase-user.js');
    return new EraseUser(user);
  },
});
