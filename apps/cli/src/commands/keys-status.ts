import type { Call, Command } from '#cli/command.js';
import { exitCodes } from '#cli/exit-codes.js';
import { masterKeysThere } from '#cli/master-keys-there.js';
import type { Output } from '#cli/output.js';
import { serviceElsewhere } from '#cli/reach.js';
import type { ServiceApi } from '#cli/service-api.js';
import { dataDirectoryOf, refuseSharedKeys, settingsOf } from '#cli/settings-of.js';
import { type SigningKeyLine, signingKeyRows, signingKeysIn, signingKeysOf } from '#cli/signing-keys.js';
import { EventLogError } from '#event-log/errors.js';
import { countKeys } from '#key-store-sqlite/read-keys.js';
import { findMasterKeys } from '#server/master-key-file.js';

export const keysStatus: Command = {
  name: 'keys status',
  summary:
    'Say which master keys there are, which one seals, and how many keys each wraps; and what each signing key is for.',
  details: 'Exit code 1 where keys are wrapped by a master key that is not in the file.',
  way: 'reads',
  arguments: [],
  options: {},
  examples: [{ line: 'keys status', meaning: 'Which master key may be taken out of the file' }],
  run: async (call) => {
    const { output } = call;
    const service = await serviceElsewhere(call);
    const found = service === null ? keysHere(call) : await keysThere(service);
    await output.answer(found, () => toldOf(output, found));
    return found.masterKeys.every(({ inFile }) => inFile) ? exitCodes.done : exitCodes.notInOrder;
  },
};

function toldOf(output: Output, { masterKeys, signingKeys }: Found): string {
  const ofMasterKeys = output.table(
    ['master key', 'keys', 'what it is for'],
    masterKeys.map(({ masterKey, wraps, inFile, seals }) => {
      const meaning = meaningOf({ wraps, inFile, seals });
      return [masterKey, wraps.toLocaleString('en'), inFile ? meaning : { text: meaning, colour: 'red' }];
    }),
  );
  if (signingKeys.length === 0) return ofMasterKeys;
  const header = ['signing key', 'added at', 'what it is for'];
  return `${ofMasterKeys}\n\n${output.table(header, signingKeyRows(signingKeys))}`;
}

interface Found {
  /** Of the master keys; null where a service has it. */
  readonly file: string | null;
  readonly masterKeys: readonly (Use & { readonly masterKey: string })[];
  readonly signingKeys: readonly SigningKeyLine[];
}

function keysHere(call: Call): Found {
  refuseSharedKeys(call);
  const directory = dataDirectoryOf(call);
  const counts = countKeys(directory);
  const { masterKeys, path } = findMasterKeys(settingsOf(call).masterKeyFile, directory, true);
  const ids = new Set([...masterKeys.byId.keys(), ...counts.keys()]);
  const rows = [...ids].map((id) => ({
    masterKey: id,
    wraps: counts.get(id) ?? 0,
    inFile: masterKeys.byId.has(id),
    seals: masterKeys.sealing.id === id,
  }));
  return { file: path, masterKeys: rows, signingKeys: signingKeysHere(call, directory) };
}

/** What is wrong with a log says another command. */
function signingKeysHere({ output }: Call, directory: string): readonly SigningKeyLine[] {
  try {
    return signingKeysIn(directory);
  } catch (error) {
    if (!(error instanceof EventLogError)) throw error;
    output.note(`the signing keys are not known: ${error.message}`);
    return [];
  }
}

async function keysThere(service: ServiceApi): Promise<Found> {
  const { masterKeys } = await masterKeysThere(service);
  const rows = masterKeys.map(({ id, wraps, seals, loaded }) => ({
    masterKey: String(id),
    wraps: Number(wraps ?? 0),
    inFile: loaded === true,
    seals: seals === true,
  }));
  return { file: null, masterKeys: rows, signingKeys: await signingKeysOf(service) };
}

interface Use {
  readonly wraps: number;
  readonly inFile: boolean;
  readonly seals: boolean;
}

function meaningOf({ wraps, inFile, seals }: Use): string {
  if (!inFile) return 'missing in the file: the users of these keys cannot be served';
  if (seals) return 'seals what is new';
  return wraps === 0 ? 'unused: it may be taken out of the file' : 'opens; keys rotate replaces it';
}
