// The application over a data directory on which no service runs, opened by this process.

import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { resolve } from 'node:path';

import type { ICommand } from '@nestjs/cqrs';

import type { Application } from '#application/application.js';
import type { Caller, Details } from '#application/caller.js';
import type { Call } from '#cli/command.js';
import { CommandFailure, notNow } from '#cli/command-failure.js';
import { settingsOf } from '#cli/settings-of.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { logStart } from '#event-log/event-log.js';
import type { Log } from '#server/log.js';
import type { ReadModelsOptions } from '#server/read-models.js';

export interface House {
  readonly application: Application;
  readonly by: Caller;
  /** Throws `CommandFailure` for what is refused. */
  run<Answer>(command: ICommand): Promise<{ readonly details: Details; readonly answer: Answer }>;
  /** Throws `CommandFailure` where there is no such user. */
  user(userId: string): Promise<OwnedUser>;
  /** Has rows follow the log now, and not at the next start: what was erased stands in them until then. */
  follow(): Promise<void>;
  close(): Promise<void>;
}

export interface OwnedUser {
  readonly organizationId: OrganizationId;
  readonly userId: UserId;
  readonly by: Caller;
}

export async function openHouse(call: Call): Promise<House> {
  // Loaded here, since nothing else needs the framework.
  await import('reflect-metadata');
  const [{ openEventLog }, { openKeys, openApplication }, { prepareDataDirectory }] = await Promise.all([
    import('#server/open-event-log.js'),
    import('#server/open-application.js'),
    import('#server/data-directory.js'),
  ]);
  const { eventLog: choice, dataDirectory: directory, masterKeyFile } = settingsOf(call);
  const dataDirectory = prepareDataDirectory(resolve(directory));
  const log = logOver(call);
  const { eventLog, projected } = await openEventLog(choice, dataDirectory, log);
  const closing = [() => eventLog.close()];
  const close = async () => {
    for (const one of closing) await one();
  };
  try {
    if ((await eventLog.head()) === logStart)
      throw notNow(
        `there is nothing in ${dataDirectory} yet`,
        'start the service once: it makes the instance',
      );
    const soleWriter = choice.engine === 'embedded';
    const options = { dataDirectory, masterKeyFile, eventLog, soleWriter, log };
    const keys = await openKeys(options);
    closing.unshift(() => keys.store.close());
    const opened = await openApplication(options, keys);
    closing.unshift(() => opened.end());
    const follow = () => followLog({ ...options, ...keys, projected });
    return { ...houseOf(opened.application, (command) => opened.bus.execute(command)), follow, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function followLog(options: ReadModelsOptions): Promise<void> {
  const [{ modelsPath }, { ReadModels }] = await Promise.all([
    import('#server/models-file.js'),
    import('#server/read-models.js'),
  ]);
  if (!existsSync(modelsPath(options.dataDirectory))) return;
  const readModels = await ReadModels.open(options);
  try {
    await readModels.catchUp();
    if (!readModels.isCaughtUp)
      options.log.warn(
        'queries are far behind: what was changed is in their rows once the service has caught up',
      );
  } finally {
    await readModels.close();
  }
}

function houseOf(
  application: Application,
  execute: (command: ICommand) => Promise<unknown>,
): Omit<House, 'follow' | 'close'> {
  const by: Caller = { editor: `cli:${userInfo().username}`, callId: randomUUID(), traceId: null };
  return {
    application,
    by,
    run: async <Answer>(command: ICommand) => {
      const outcome = (await execute(command)) as Told<Answer>;
      if (outcome.kind === 'rejected') throw refused(outcome.refusal);
      return outcome;
    },
    user: async (userId) => {
      const { state } = await application.accounts.streams.fresh(application.userStream(userId as UserId));
      const { user } = state;
      if (user.status === 'unknown') throw refused({ code: 'user-not-found' });
      return { organizationId: user.organizationId, userId: userId as UserId, by };
    },
  };
}

type Told<Answer> =
  | { readonly kind: 'accepted'; readonly details: Details; readonly answer: Answer }
  | { readonly kind: 'rejected'; readonly refusal: Refusal };

interface Refusal {
  readonly code: string;
  readonly violations?: readonly { readonly field: string; readonly message: string }[];
}

export function refused({ code, violations = [] }: Refusal): CommandFailure {
  const advice = violations.map(({ field, message }) => `${field} ${message}`).join('; ');
  return new CommandFailure({
    kind: 'refused',
    message: `it was refused as ${code}`,
    advice: advice === '' ? 'docs/errors.md says what that means' : advice,
    code,
  });
}

/** Warnings and worse go to who asked; all else would only be in the way. */
function logOver({ output }: Call): Log {
  const tell = (...said: unknown[]): void => {
    const text = said.filter((part) => typeof part === 'string').join(' ');
    output.note(text);
  };
  const silent = (): void => undefined;
  return {
    trace: silent,
    debug: silent,
    info: silent,
    warn: tell,
    error: tell,
    fatal: tell,
  } as unknown as Log;
}
