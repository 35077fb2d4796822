import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { RequestPasswordCode } from '#application/password/request-password-code.js';
import { answerOf, attempt, refused } from '#application/testing/attempt.js';
import { by, type House, organizationId } from '#application/testing/house.js';
import { ada, human, openInhabited } from '#application/testing/people.js';
import type { DeliveryHook } from '#delivery-hook/delivery-hook.js';
import { hookSecret } from '#delivery-hook/signature.js';
import { Receiver } from '#delivery-hook/testing/receiver.js';
import { openHook } from '#server/hook/open-hook.js';
import type { Log } from '#server/log.js';

let house: House;
let hook: DeliveryHook;
let receiver: Receiver;
let directory: string;
let lines: string[];

async function open(deliversCodes: boolean): Promise<void> {
  const clockAt = { now: Date.now() };
  house = await openInhabited({ deliversCodes, clockAt });
  await answerOf(house, human(ada, 'ada'));
  const write = (...written: readonly unknown[]) => lines.push(JSON.stringify(written));
  const log = { info: write, warn: write, error: write } as unknown as Log;
  hook = await openHook({
    settings: {
      hook: { url: receiver.urlAt('127.0.0.1'), allowedHosts: new Set(['127.0.0.1']) },
      secrets: [hookSecret('x'.repeat(32))],
    },
    application: house.application,
    eventLog: house.parts.log,
    soleWriter: true,
    dataDirectory: directory,
    readModels: { engine: 'embedded' },
    log,
  });
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-hook-'));
  receiver = await Receiver.start();
  lines = [];
});
afterEach(async () => {
  await hook.close();
  await house.close();
  await receiver.close();
  rmSync(directory, { recursive: true });
});

const wanted = (send: boolean) => new RequestPasswordCode({ organizationId, userId: ada, send, by });

describe('a code that sets a password anew', () => {
  it('is opened when it is sent, and stands neither in the answer, nor in a line, nor in what is kept', async () => {
    await open(true);
    expect(await answerOf(house, wanted(true))).toMatchObject({ passwordCode: null });
    while (receiver.received.length === 0 || hook.waiting > 0) await delay(5);
    const [told] = receiver.told;
    expect(told).toMatchObject({ type: 'password.code', userId: ada, organizationId, sessionId: null });
    const code = String(told?.code);
    expect(code).toMatch(/^[A-Z0-9]{6}$/);
    await hook.close();
    expect(lines.join() + readFileSync(join(directory, 'hook.json'), 'utf8')).not.toContain(code);
    const page = await house.parts.log.readAll({ direction: 'backward', before: 'end', limit: 1 });
    expect(JSON.stringify(page)).not.toContain(code);
  });

  it('is told to nobody but the one who asked, where it is not to be sent', async () => {
    await open(true);
    const { passwordCode } = await answerOf(house, wanted(false));
    expect(passwordCode).toMatch(/^[A-Z0-9]{6}$/);
    await answerOf(house, wanted(true));
    while (receiver.received.length === 0) await delay(5);
    expect(receiver.told.map(({ code }) => code === passwordCode)).toEqual([false]);
  });

  it('is not made to be sent where there is nobody to send it', async () => {
    await open(false);
    expect(await attempt(house, wanted(true))).toEqual(refused('password-code-not-deliverable'));
  });
});
