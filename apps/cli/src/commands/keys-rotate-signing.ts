import { type Changed, changedHere, changedText, changedThere } from '#cli/changed.js';
import type { Command } from '#cli/command.js';
import { exitCodes } from '#cli/exit-codes.js';
import { reach } from '#cli/reach.js';
import { type SigningKeyLine, signingKeyLines, signingKeysPath, signingKeysTold } from '#cli/signing-keys.js';

interface Answer extends Changed {
  readonly signingKeys: readonly SigningKeyLine[];
}

export const keysRotateSigning: Command = {
  name: 'keys rotate-signing',
  summary: 'Add a key that proofs are signed by.',
  details:
    'It is published at once and signs a quarter of an hour later; the one before is published until all that it signed has expired. Where one waits already, no other is added. The service does the same by itself every 30 days while proofs are asked for.',
  way: 'either',
  arguments: [],
  options: {
    'at-once': {
      meaning:
        'For a key that may have leaked: the new one signs at once, and no other is published any more.',
    },
  },
  examples: [
    { line: 'keys rotate-signing', meaning: 'Before the first proof, so that whoever verifies has the key' },
    { line: 'keys rotate-signing --at-once', meaning: 'After a key may have leaked' },
  ],
  run: async (call) => {
    const { given, output } = call;
    const atOnce = given.flag('at-once');
    const answer = await reach<Answer>(call, {
      byApi: async (service) => {
        const path = `${signingKeysPath}/rotate`;
        const told = await service.ask({ verb: 'POST', path, body: { atOnce } });
        return { ...changedThere(told), signingKeys: signingKeysTold(told) };
      },
      offline: async ({ application, by, run }) => {
        const [{ AddSigningKey }, { keysToVerifyBy }] = await Promise.all([
          import('#application/signing-keys/add-signing-key.js'),
          import('#application/signing-keys/published-keys.js'),
        ]);
        const wanted = atOnce ? 'at-once' : 'ordered';
        const { details } = await run(new AddSigningKey({ wanted, by }));
        return { ...changedHere(details), signingKeys: signingKeyLines(await keysToVerifyBy(application)) };
      },
    });
    // Where one waited already, it is that one.
    const { signingKey = '', use = '', addedAt = '' } = answer.signingKeys.at(-1) ?? {};
    const what = `the signing key ${signingKey}, which ${use}, was added`;
    await output.answer(answer, () => changedText(what, { ...answer, changeDate: addedAt }));
    return exitCodes.done;
  },
};
