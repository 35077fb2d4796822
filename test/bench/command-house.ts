// The application as a process has it, over the embedded log, with a clock that stands still.

import { randomBytes } from 'node:crypto';

import { NestFactory } from '@nestjs/core';
import { CommandBus } from '@nestjs/cqrs';

import { ApplicationModule } from '#application/application-module.js';
import type { Secrets } from '#application/parts.js';
import type { EventLog } from '#event-log/event-log.js';
import { hashToken, newAccessToken, parseAccessToken, sameHash } from '#secrets/access-tokens.js';
import { base32Decode, base32Encode } from '#secrets/base32.js';
import { canonicalDigits, canonicalRecoveryCode } from '#secrets/canonical-code.js';
import { DataKeys } from '#secrets/data-keys.js';
import { newEmailCode, sameCode } from '#secrets/email-code.js';
import { HashLane } from '#secrets/hash-lane.js';
import { newId } from '#secrets/ids.js';
import type { KeyStore } from '#secrets/key-store.js';
import { parseMasterKeys } from '#secrets/master-keys.js';
import { Names } from '#secrets/names.js';
import { otpauthUri } from '#secrets/otpauth-uri.js';
import { qrPngDataUri, qrSvg } from '#secrets/qr.js';
import { newRecoveryCodes } from '#secrets/recovery-codes.js';
import { open, openText, seal } from '#secrets/sealing.js';
import { diagnose, findConsecutive, matchingSteps, newTotpSecret } from '#secrets/totp.js';

export const now = Date.UTC(2030, 0, 1);
const masterKeys = parseMasterKeys(`bench ${randomBytes(32).toString('base64')}`);

export interface CommandHouse {
  readonly bus: CommandBus;
  close(): Promise<void>;
}

export async function openCommandHouse(log: EventLog, keys: KeyStore): Promise<CommandHouse> {
  const context = await NestFactory.createApplicationContext(
    ApplicationModule.with({
      log,
      logIdentity: await log.identity(),
      clock: () => now,
      soleWriter: true,
      secrets: await secretsOver(keys),
      snapshots: null,
      onTrouble: (error) => {
        throw error;
      },
    }),
    { logger: ['error'] },
  );
  return { bus: context.get(CommandBus), close: () => context.close() };
}

async function secretsOver(store: KeyStore): Promise<Secrets> {
  return {
    keys: new DataKeys({ store, masterKeys }),
    names: await Names.open(store, masterKeys),
    recoveryHashes: new HashLane({ concurrent: 2, waitingMax: 1_000 }),
    newId,
    seal,
    open,
    openText,
    newTotpSecret,
    matchingSteps,
    findConsecutive,
    diagnose,
    base32Encode,
    base32Decode,
    otpauthUri,
    qrPngDataUri,
    qrSvg,
    canonicalDigits,
    canonicalRecoveryCode,
    newRecoveryCodes,
    newAccessToken,
    parseAccessToken,
    hashToken,
    sameHash,
    newEmailCode,
    sameCode,
  };
}
