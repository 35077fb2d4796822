// Commands that change one user have all but a call and a command in common.

import type { ICommand } from '@nestjs/cqrs';

import { changedHere, changedText, changedThere } from '#cli/changed.js';
import type { Argument, Call, Command, Example, Option } from '#cli/command.js';
import { exitCodes } from '#cli/exit-codes.js';
import type { OwnedUser } from '#cli/house.js';
import { reach } from '#cli/reach.js';
import type { Asked } from '#cli/service-api.js';

export const userArgument: Argument = { name: 'user', meaning: 'The id of the user.' };

export interface ChangeOfUser {
  readonly name: string;
  readonly summary: string;
  readonly details?: string;
  readonly arguments?: readonly Argument[];
  readonly options?: Readonly<Record<string, Option>>;
  readonly examples: readonly [Example, ...Example[]];
  /** What was done, as it is told afterwards. */
  readonly done: string;
  /** Throws `CommandFailure` before anything is opened. */
  readonly check?: (call: Call) => void;
  /** Whether rows have to show it at once, although no service runs. */
  readonly isFollowed?: true;
  readonly asked: (call: Call) => Asked;
  readonly command: (user: OwnedUser, call: Call) => Promise<ICommand>;
}

export function changeOfUser(change: ChangeOfUser): Command {
  const { name, summary, details, examples, done } = change;
  return {
    name,
    summary,
    ...(details !== undefined && { details }),
    way: 'either',
    arguments: [userArgument, ...(change.arguments ?? [])],
    options: change.options ?? {},
    examples,
    run: async (call) => {
      change.check?.(call);
      const changed = await reach(call, {
        byApi: async (service) => changedThere(await service.ask(change.asked(call))),
        offline: async (house) => {
          const user = await house.user(call.given.argument(0));
          const { details: done } = await house.run(await change.command(user, call));
          if (change.isFollowed) await house.follow();
          return changedHere(done);
        },
      });
      await call.output.answer(changed, () => changedText(done, changed));
      return exitCodes.done;
    },
  };
}

export const pathOf = (...parts: readonly string[]): string => parts.map(encodeURIComponent).join('/');
