// What goes on beside the calls after a start: erasures that an end cut short, and the change to a new master
// key. Either is finished by a later start where this one does not come to it.

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Application } from '#application/application.js';
import { type Erasures, finishErasures, noErasures } from '#application/user/finish-erasures.js';
import { rotateMasterKey, unusedMasterKeys } from '#secrets/rotate.js';
import { describeError } from '#server/describe-error.js';
import type { Log } from '#server/log.js';
import type { OpenedApplication } from '#server/open-application.js';

const progressFile = 'erasures.json';

export interface UpkeepOptions {
  readonly opened: OpenedApplication;
  readonly dataDirectory: string;
  readonly log: Log;
}

/** Never rejects. */
export async function doUpkeep({ opened, dataDirectory, log }: UpkeepOptions): Promise<void> {
  try {
    await eraseTheRest(opened.application, dataDirectory);
    await changeMasterKey(opened, log);
  } catch (error) {
    log.error({ error: describeError(error) }, 'what an earlier process left undone is still undone');
  }
}

async function eraseTheRest(application: Application, dataDirectory: string): Promise<void> {
  const path = join(dataDirectory, progressFile);
  const { logIdentity } = application.parts;
  const { done, erased } = await finishErasures(application, progressIn(path, logIdentity));
  writeFileSync(`${path}.new`, JSON.stringify({ log: logIdentity, done, erased }), { mode: 0o600 });
  renameSync(`${path}.new`, path);
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

async function changeMasterKey({ store, masterKeys }: OpenedApplication, log: Log): Promise<void> {
  const { rewrapped } = await rotateMasterKey({ store, masterKeys });
  if (rewrapped === 0) return;
  const unused = await unusedMasterKeys(store, masterKeys);
  log.warn(
    { rewrapped, masterKey: masterKeys.sealing.id, unused },
    'data keys were wrapped by a new master key',
  );
}
