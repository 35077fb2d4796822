// A whole application for tests: the real bus, the real secrets, a log, and a clock that is told what to say.

import { NestFactory } from '@nestjs/core';
import { type Command, CommandBus } from '@nestjs/cqrs';

import { policyDefects } from '#access/policies/check-policy.js';
import { Application } from '#application/application.js';
import { ApplicationModule } from '#application/application-module.js';
import type { Caller } from '#application/caller.js';
import type { Parts } from '#application/parts.js';
import { realSecrets } from '#application/testing/secrets.js';
import type { Instant, OrganizationId } from '#domain/ids.js';
import { InMemoryEventLog } from '#event-log/in-memory.js';

export const by: Caller = { editor: 'administrator', callId: 'call', traceId: null };
export const organizationId = '0198f3a2-0000-7000-8000-000000000001' as OrganizationId;
export const startOfTime: Instant = Date.UTC(2030, 0, 1);

export interface House {
  readonly application: Application;
  readonly parts: Parts;
  /** What the clock says; to be moved by tests. */
  readonly clock: { now: Instant };
  run<Answer>(command: Command<Answer>): Promise<Answer>;
  /** Another process on the same log and the same keys: it shares nothing that is at hand. */
  another(): Promise<House>;
  close(): Promise<void>;
}

export async function openHouse(
  given: Partial<Parts> & { readonly clockAt?: { now: Instant } } = {},
): Promise<House> {
  const log = given.log ?? new InMemoryEventLog();
  const clock = given.clockAt ?? { now: startOfTime };
  const parts: Parts = {
    log,
    logIdentity: await log.identity(),
    clock: () => clock.now,
    soleWriter: true,
    externalUrl: 'https://id.example',
    secrets: given.secrets ?? (await realSecrets()),
    snapshots: null,
    deliversCodes: false,
    policyDefects,
    onTrouble: (error) => {
      throw error;
    },
    ...given,
  };
  const context = await NestFactory.createApplicationContext(ApplicationModule.with(parts), {
    logger: false,
  });
  const bus = context.get(CommandBus);
  return {
    application: context.get(Application),
    parts,
    clock,
    run: (command) => bus.execute(command),
    another: () => openHouse({ ...parts, clockAt: clock }),
    close: () => context.close(),
  };
}
