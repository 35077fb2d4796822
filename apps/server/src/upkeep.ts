// What goes on beside the calls after a start: erasures that an end cut short, and the change to a new master
// key. Either is finished by a later start where this one does not come to it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { type Erasures, finishErasures, noErasures } from '#application/user/finish-erasures.js';
import { rotateMasterKey, unusedMasterKeys } from '#secrets/rotate.js';
import { describeError } from '#server/describe-error.js';
import { replaceWhole } from '#server/durable-files.js';
import type { Log } from '#server/log.js';
import type { OpenedApplication } from '#server/open-application.js';

const progressFile = 'erasures.json';

export interface UpkeepOptions {
  readonly opened: OpenedApplication;
  readonly dataDirectory: string;
  readonly log: Log;
  /** Aborted when the service ends, which does not wait for what is left. */
  readonly until: AbortSignal;
}

/** Never rejects. */
export async function doUpkeep(options: UpkeepOptions): Promise<void> {
  const { log, until } = options;
  try {
    await eraseTheRest(options);
    if (!until.aborted) await changeMasterKey(options);
  } catch (error) {
    log.error({ error: describeError(error) }, 'what an earlier process left undone is still undone');
  }
}

async function eraseTheRest({ opened, dataDirectory, until }: UpkeepOptions): Promise<void> {
  const { application } = opened;
  const path = join(dataDirectory, progressFile);
  const { logIdentity } = application.parts;
  const { done, erased } = await finishErasures(application, progressIn(path, logIdentity), until);
  replaceWhole(path, JSON.stringify({ log: logIdentity, done, erased }));
}

/** From the start of the log where nothing that can be read says otherwise: it costs a reading, and misses none. */
function progressIn(path: string, logIdentity: string): Erasures {
  try {
    const { log, done, erased } = JSON.parse(readFileSync(path, 'utf8')) as Erasures & { log: string };
    return log === logIdentity && Array.isArray(erased) ? { done, erased } : noErasures;
  } catch {
    return noErasures;
  }
}

async function changeMasterKey({ opened, log, until }: UpkeepOptions): Promise<void> {
  const { store, masterKeys } = opened;
  const { rewrapped } = await rotateMasterKey({ store, masterKeys, until });
  if (rewrapped === 0 || until.aborted) return;
  const unused = await unusedMasterKeys(store, masterKeys);
  log.warn(
    { rewrapped, masterKey: masterKeys.sealing.id, unused },
    'data keys were wrapped by a new master key',
  );
}
