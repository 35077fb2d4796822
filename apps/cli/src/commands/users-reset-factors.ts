import { changeOfUser, pathOf } from '#cli/change-of-user.js';
import { usageFailure } from '#cli/command-failure.js';

export const usersResetFactors = changeOfUser({
  name: 'users reset-factors',
  summary: 'Take away all second factors of a user, recovery codes included.',
  details:
    'For somebody who has lost them all, and has shown by other means who it is. All sessions of the user end.',
  options: { reason: { meaning: 'Why. It is kept, sealed, with the event.', value: 'text' } },
  examples: [
    {
      line: 'users reset-factors 01a1fe5e-2dff-70db-8702-33a31e1f2470 --reason="phone lost, seen in person"',
      meaning: 'Somebody came in person',
    },
  ],
  done: 'all second factors were taken away',
  check: ({ given }) => {
    if ((given.text('reason') ?? '').trim() === '')
      throw usageFailure(
        'users reset-factors needs --reason',
        'such as --reason="phone lost, seen in person"',
      );
  },
  asked: ({ given }) => ({
    verb: 'POST',
    path: `/countersign/v1/users/${pathOf(given.argument(0))}/factors/reset`,
    body: { reason: given.text('reason') },
  }),
  command: async (user, { given }) => {
    const { ResetFactors } = await import('#application/attempts/reset-factors.js');
    return new ResetFactors({ ...user, reason: given.text('reason') ?? '' });
  },
});
