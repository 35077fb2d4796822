// What operators' calls stand on in this process: its threads and its keys.

import type { Log } from '#server/log.js';
import { MasterKeysAtWork } from '#server/master-keys-at-work.js';
import type { OpenKeys } from '#server/open-application.js';
import { models } from '#server/projecting-parts.js';
import type { ReadModels } from '#server/read-models.js';
import type { Operating } from '#transport/operating.js';

export interface OperatingHere extends Operating {
  readonly masterKeys: MasterKeysAtWork;
}

export function operatingOver({ threads }: ReadModels, keys: OpenKeys, log: Log): OperatingHere {
  return {
    projections: models.map(({ name, version }) => ({ name, version })),
    ...threads,
    masterKeys: new MasterKeysAtWork({ ...keys, log }),
  };
}
