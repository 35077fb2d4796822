// Options that several commands have, said once.

import type { Option, Way } from '#cli/command.js';

export const generalOptions = {
  help: { meaning: 'Say what the command does.' },
  json: { meaning: 'Answer in JSON, for scripts: one value, or one a line.' },
} as const satisfies Record<string, Option>;

const dataDirectory: Option = {
  meaning: 'The data directory. Else COUNTERSIGN_DATA_DIR, else ./data.',
  value: 'directory',
  completes: 'directory',
};

const service = {
  url: { meaning: 'Where the service is. Else COUNTERSIGN_LISTEN tells.', value: 'url' },
  'token-file': {
    meaning: 'A file with an access token. Else COUNTERSIGN_TOKEN, else admin.token in the data directory.',
    value: 'file',
    completes: 'file',
  },
} as const satisfies Record<string, Option>;

/** Those that a command has beside its own. */
export function optionsOfWay(way: Way): Readonly<Record<string, Option>> {
  switch (way) {
    case 'alone':
      return generalOptions;
    case 'beside':
    case 'offline':
      return { ...generalOptions, 'data-dir': dataDirectory };
    case 'reads':
    case 'looks':
    case 'either':
      return { ...generalOptions, 'data-dir': dataDirectory, ...service };
  }
}
