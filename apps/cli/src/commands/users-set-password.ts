import { pathOf, userArgument } from '#cli/change-of-user.js';
import { changedHere, changedText, changedThere } from '#cli/changed.js';
import type { Call, Command } from '#cli/command.js';
import { exitCodes } from '#cli/exit-codes.js';
import type { House } from '#cli/house.js';
import { reach } from '#cli/reach.js';
import { readSecret } from '#cli/secret-input.js';

export const usersSetPassword: Command = {
  name: 'users set-password',
  summary: 'Set the password of a user, from standard input.',
  details:
    'It is one line, and never an argument, which others on the machine could see. On a terminal it is asked for, and not shown. The rules of the organization hold for it, and for a hash none but that it can be compared with.',
  way: 'either',
  arguments: [userArgument],
  options: {
    hash: { meaning: 'The line is a hash: a PHC text of Argon2, scrypt or PBKDF2, or one of bcrypt.' },
    'change-required': { meaning: 'The user is to choose another one at the next login.' },
    'end-sessions': { meaning: 'Also end all sessions of the user, in the same change.' },
  },
  examples: [
    {
      line: 'users set-password 01a1fe5e-2dff-70db-8702-33a31e1f2470 < password',
      meaning: 'From a file',
    },
    {
      line: 'users set-password 01a1fe5e-2dff-70db-8702-33a31e1f2470 --change-required --end-sessions',
      meaning: 'Typed, by who knows that somebody else had it',
    },
  ],
  run: async (call) => {
    const chosen = await chosenBy(call);
    const changed = await reach(call, {
      byApi: async (service) => {
        const { form, value, changeRequired, endOtherSessions } = chosen;
        const password = form === 'hash' ? { hash: value } : { password: value };
        const path = `/countersign/v1/users/${pathOf(call.given.argument(0))}/password`;
        const body = { ...password, changeRequired, endOtherSessions };
        return changedThere(await service.ask({ verb: 'POST', path, body }));
      },
      offline: (house) => setHere(call, house, chosen),
    });
    await call.output.answer(changed, () => changedText('the password was set', changed));
    return exitCodes.done;
  },
};

interface Chosen {
  readonly form: 'text' | 'hash';
  readonly value: string;
  readonly changeRequired: boolean;
  readonly endOtherSessions: boolean;
}

async function chosenBy({ given, output }: Call): Promise<Chosen> {
  const form = given.flag('hash') ? 'hash' : 'text';
  return {
    form,
    value: await readSecret(form === 'hash' ? 'hash' : 'password', output),
    changeRequired: given.flag('change-required'),
    endOtherSessions: given.flag('end-sessions'),
  };
}

async function setHere({ given }: Call, house: House, { endOtherSessions, ...chosen }: Chosen) {
  const [{ SetPassword }, { NewPasswordFields }, { PasswordShown }] = await Promise.all([
    import('#application/password/set-password.js'),
    import('#application/password/chosen.js'),
    import('#application/password/changing.js'),
  ]);
  const user = await house.user(given.argument(0));
  const password = new NewPasswordFields(chosen);
  const shown = new PasswordShown({ way: 'administrator' });
  const { details } = await house.run(new SetPassword({ ...user, password, shown, endOtherSessions }));
  return changedHere(details);
}
