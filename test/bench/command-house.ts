// The application as a process has it, over the embedded log, with a clock that stands still or is told to.

import { randomBytes } from 'node:crypto';

import { NestFactory } from '@nestjs/core';
import { CommandBus } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import { ApplicationModule } from '#application/application-module.js';
import type { Parts } from '#application/parts.js';
import type { EventLog } from '#event-log/event-log.js';
import type { KeyStore } from '#secrets/key-store.js';
import { parseMasterKeys } from '#secrets/master-keys.js';
import { secretsOver } from '#server/secrets-over.js';

export const now = Date.UTC(2030, 0, 1);
const masterKeys = parseMasterKeys(`bench ${randomBytes(32).toString('base64')}`);

export interface CommandHouse {
  readonly application: Application;
  readonly bus: CommandBus;
  close(): Promise<void>;
}

export async function openCommandHouse(
  log: EventLog,
  keys: KeyStore,
  given: Partial<Parts> = {},
): Promise<CommandHouse> {
  const parts: Parts = {
    log,
    logIdentity: await log.identity(),
    clock: () => now,
    soleWriter: true,
    externalUrl: 'https://id.example',
    secrets: await secretsOver(keys, masterKeys),
    snapshots: null,
    deliversCodes: false,
    policyDefects: async () => [],
    onTrouble: (error) => {
      throw error;
    },
    ...given,
  };
  const context = await NestFactory.createApplicationContext(ApplicationModule.with(parts), {
    logger: ['error'],
  });
  return {
    application: context.get(Application),
    bus: context.get(CommandBus),
    close: () => context.close(),
  };
}
