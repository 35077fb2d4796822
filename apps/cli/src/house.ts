// The application over a data directory on which no service runs, opened by this process.

import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';

import type { ICommand } from '@nestjs/cqrs';

import type { Application } from '#application/application.js';
import type { Caller, Details } from '#application/caller.js';
import type { Call } from '#cli/command.js';
import { CommandFailure } from '#cli/command-failure.js';
import { openDirectory } from '#cli/opened-directory.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import type { Asking, Queries } from '#read-models/queries/open-queries.js';
import type { ReadModels, ReadModelsOptions } from '#server/read-models.js';

export interface House {
  readonly application: Application;
  readonly by: Caller;
  /** Throws `CommandFailure` for what is refused. */
  run<Answer>(command: ICommand): Promise<{ readonly details: Details; readonly answer: Answer }>;
  /** Throws `CommandFailure` where there is no such user. */
  user(userId: string): Promise<OwnedUser>;
  /** Asks the rows, once they show all that is in the log. */
  ask<Answer>(query: (queries: Queries, asking: Asking) => Promise<Answer>): Promise<Answer>;
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
  const directory = await openDirectory(call);
  const { close } = directory;
  try {
    await moveAsideRowsAhead(directory);
    const { openApplication } = await import('#server/open-application.js');
    const opened = await openApplication(directory, directory);
    directory.closeFirst(() => opened.end());
    const { application, bus } = opened;
    return {
      ...houseOf(application, (command) => bus.execute(command)),
      ask: (query) => askRows(directory, (readModels) => query(readModels.queriesOf(application), asked())),
      follow: () => followLog(directory),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Before anything is appended: afterwards the length of a log that was put back would no longer give them away. */
async function moveAsideRowsAhead(options: ReadModelsOptions): Promise<void> {
  const { modelsPath, prepareModelsFile } = await import('#server/models-file.js');
  if (existsSync(modelsPath(options.dataDirectory))) await prepareModelsFile(options);
}

async function followLog(options: ReadModelsOptions): Promise<void> {
  const { modelsPath } = await import('#server/models-file.js');
  if (existsSync(modelsPath(options.dataDirectory))) await askRows(options, async () => undefined);
}

/** Nobody else waits for the answer. */
const asked = (): Asking => ({ position: null, signal: new AbortController().signal });

async function askRows<Answer>(
  options: ReadModelsOptions,
  ask: (readModels: ReadModels) => Promise<Answer>,
): Promise<Answer> {
  const { ReadModels } = await import('#server/read-models.js');
  const readModels = await ReadModels.open(options);
  try {
    await readModels.catchUp();
    if (!readModels.isCaughtUp)
      options.log.warn(
        'queries are far behind: what was changed is in their rows once the service has caught up',
      );
    return await ask(readModels);
  } finally {
    await readModels.close();
  }
}

function houseOf(
  application: Application,
  execute: (command: ICommand) => Promise<unknown>,
): Omit<House, 'ask' | 'follow' | 'close'> {
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
