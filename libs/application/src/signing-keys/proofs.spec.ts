import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createLocalJWKSet, type JWK, type JWTPayload, jwtVerify } from 'jose';

import { SetUpInstance } from '#application/instance/set-up-instance.js';
import { AddOrganization } from '#application/organization/add-organization.js';
import { GenerateRecoveryCodes } from '#application/recovery-codes/generate-recovery-codes.js';
import { VerifyRecoveryCode } from '#application/recovery-codes/verify-recovery-code.js';
import { AddSigningKey } from '#application/signing-keys/add-signing-key.js';
import { keysToVerifyBy } from '#application/signing-keys/published-keys.js';
import { proofType } from '#application/signing-keys/signer.js';
import { answerOf, attempt, violationsIn } from '#application/testing/attempt.js';
import {
  addDevice,
  addPerson,
  codeOf,
  type Device,
  pastOf,
  wrongCodeOf,
} from '#application/testing/factors.js';
import { type Blown, type Fuse, failingLog, failingStore, never } from '#application/testing/failing.js';
import { by, type House, openHouse, organizationId } from '#application/testing/house.js';
import { masterKeys, realSecrets } from '#application/testing/secrets.js';
import { everythingIn, sentTo } from '#application/testing/sent.js';
import { VerifyTotp } from '#application/totp/verify-totp.js';
import type { Sealed, UserId } from '#domain/ids.js';
import type { SigningKeyEvent } from '#domain/signing-keys/events.js';
import { proofSeconds, signingKeyDays, signsAfterSeconds } from '#domain/signing-keys/state.js';
import { decodeInstanceEvent, encodeEvent } from '#event-catalog/catalogue.js';
import { EventLogError } from '#event-log/errors.js';
import type { RecordedEvent } from '#event-log/event-log.js';
import { InMemoryEventLog } from '#event-log/in-memory.js';
import { logWith } from '#event-log/log-with.js';
import { InMemoryKeyStore } from '#secrets/in-memory-key-store.js';
import { newMasterKeyLine, parseMasterKeys } from '#secrets/master-keys.js';
import { rotateMasterKey } from '#secrets/rotate.js';

const audience = 'https://bank.example';
const instanceId = 'the-instance';

let house: House;
let userId: UserId;
let device: Device;

async function settle(opened: House): Promise<void> {
  house = opened;
  await answerOf(house, new SetUpInstance({ instanceId, by }));
  await answerOf(house, new AddOrganization({ organizationId, name: 'Acme', by }));
  userId = await addPerson(house);
  device = await addDevice(house, userId);
}

beforeEach(async () => settle(await openHouse()));
afterEach(() => house.close());

/** With the code of now; each needs the clock to have moved on since the one before. */
const confirm = (fields: Partial<VerifyTotp> = {}) =>
  new VerifyTotp({
    organizationId,
    userId,
    code: codeOf(house, device),
    proofAudience: audience,
    by,
    ...fields,
  });

async function proofIn(from: House, command = confirm()): Promise<string> {
  const { proof } = await answerOf(from, command);
  if (proof === undefined) throw new Error('there is no proof in the answer');
  return proof;
}

/** As another service does it, with what it is served at that time. */
async function verified(proof: string, from: House = house) {
  const keys = (await keysToVerifyBy(from.application)).map(({ key }) => JSON.parse(key.publicKey) as JWK);
  return jwtVerify(proof, createLocalJWKSet({ keys }), {
    issuer: house.parts.externalUrl,
    audience,
    typ: proofType,
    currentDate: new Date(house.clock.now),
  });
}
const claimsOf = async (proof: string): Promise<JWTPayload> => (await verified(proof)).payload;
const keyIdOf = async (proof: string) => (await verified(proof)).protectedHeader.kid;

const signingEvents = async () =>
  (await everythingIn(house)).filter(({ stream, type }) => stream === 'instance' && type.includes('signing'));

describe('a proof', () => {
  it('says who showed which factor, for what, to whom and when', async () => {
    const proof = await proofIn(house, confirm({ purpose: 'pay 12 EUR' }));
    const [last] = await everythingIn(house);
    const at = Math.floor(house.clock.now / 1_000);
    expect(await claimsOf(proof)).toEqual({
      iss: 'https://id.example',
      sub: userId,
      aud: audience,
      resource_owner: organizationId,
      amr: ['otp'],
      factor: 'totp',
      totp_id: device.totpId,
      purpose: 'pay 12 EUR',
      iat: at,
      exp: at + proofSeconds,
      jti: last?.id,
    });
  });

  it('says that it was a recovery code, where it was one', async () => {
    const { codes } = await answerOf(house, new GenerateRecoveryCodes({ organizationId, userId, by }));
    const spend = (code = '') =>
      new VerifyRecoveryCode({ organizationId, userId, code, proofAudience: audience, by });
    const { codesLeft, proof = '' } = await answerOf(house, spend(codes[0]));
    expect(codesLeft).toBe(9);
    const claims = await claimsOf(proof);
    expect(claims).toMatchObject({ sub: userId, amr: ['recovery_code'], factor: 'recovery_code' });
    expect(claims).not.toHaveProperty('purpose');
    const without = new VerifyRecoveryCode({ organizationId, userId, code: codes[1] ?? '', by });
    expect(await answerOf(house, without)).not.toHaveProperty('proof');
  });

  it('is made for nobody who does not ask, nor a key for it', async () => {
    const { appended } = await attempt(house, confirm({ proofAudience: null }));
    expect(appended).toEqual(['user.human.mfa.otp.check.succeeded']);
    expect(await signingEvents()).toEqual([]);
    expect(await keysToVerifyBy(house.application)).toEqual([]);
  });

  it('is not made of a code that is refused', async () => {
    const wrong = await house.run(confirm({ code: wrongCodeOf(house, device) }));
    expect(wrong).toMatchObject({ kind: 'rejected', refusal: { code: 'wrong-code' } });
    await proofIn(house);
    expect(await house.run(confirm())).toMatchObject({ refusal: { code: 'code-already-used' } });
    expect(await pastOf(house, userId)).toEqual([
      'user.human.added',
      'user.human.mfa.otp.imported',
      'user.human.mfa.otp.check.failed',
      'user.human.mfa.otp.check.succeeded',
      'user.human.mfa.otp.check.failed',
    ]);
  });

  it('is told once: a repeat of the call leaves it out', async () => {
    const command = confirm({ by: sentTo(house) });
    await proofIn(house, command);
    const { outcome, appended } = await attempt(house, confirm({ by: sentTo(house) }));
    expect(outcome).toMatchObject({ kind: 'accepted', repeated: true, answer: { totpId: device.totpId } });
    expect(JSON.stringify(outcome)).not.toContain('proof');
    expect(appended).toEqual([]);
  });

  it('has an id that no other has, whatever the calls are named', async () => {
    const one = await claimsOf(await proofIn(house));
    house.clock.now += 30_000;
    const other = await claimsOf(await proofIn(house));
    expect(one.jti).not.toBe(other.jti);
  });

  it('has the id of what it speaks of, also where another factor was shown with the call', async () => {
    const { codes } = await answerOf(house, new GenerateRecoveryCodes({ organizationId, userId, by }));
    const proof = { code: null, recoveryCode: String(codes?.[0]) };
    const { jti } = await claimsOf(await proofIn(house, confirm({ by: { ...by, proof } })));
    const shown = (await everythingIn(house)).find(({ id }) => id === jti);
    expect(shown?.type).toBe('user.human.mfa.otp.check.succeeded');
  });

  it('is for an audience that can be named', async () => {
    expect(await violationsIn(house, confirm({ proofAudience: '' }))).toEqual(['proofAudience: text']);
    expect(await violationsIn(house, confirm({ proofAudience: 'a'.repeat(201) }))).toEqual([
      'proofAudience: text',
    ]);
  });

  it('needs an instance that was set up, and spends no code before', async () => {
    const bare = await openHouse({ ...house.parts, log: new InMemoryEventLog(), clockAt: house.clock });
    expect(await bare.run(confirm())).toMatchObject({ refusal: { code: 'instance-not-set-up' } });
    await bare.close();
  });
});

describe('a signing key', () => {
  const order = (wanted: AddSigningKey['wanted'] = 'ordered') => new AddSigningKey({ wanted, by });

  it('is made for the first proof, by the service, and signs those after it', async () => {
    const first = await keyIdOf(await proofIn(house));
    house.clock.now += 30_000;
    expect(await keyIdOf(await proofIn(house))).toBe(first);
    const [made, ...others] = await signingEvents();
    expect(made).toMatchObject({ data: { keyId: first }, metadata: { editor: 'signing-keys' } });
    expect(others).toEqual([]);
  });

  it('is followed by another after some weeks, which signs when it was published for long enough', async () => {
    const first = await keyIdOf(await proofIn(house));
    house.clock.now += signingKeyDays * 86_400_000;
    expect(await keyIdOf(await proofIn(house))).toBe(first);
    const keyIds = (await keysToVerifyBy(house.application)).map(({ key }) => key.keyId);
    expect(keyIds).toEqual([first, expect.not.stringMatching(String(first))]);
    house.clock.now += signsAfterSeconds * 1_000;
    expect(await keyIdOf(await proofIn(house))).toBe(keyIds[1]);
  });

  it('replaces another in between of proofs, each of which is verified until it expires', async () => {
    const keyIds = new Set<unknown>();
    await proofIn(house);
    await answerOf(house, order());
    for (let made = 0; made < 2 * (signsAfterSeconds / 30); made += 1) {
      house.clock.now += 30_000;
      const proof = await proofIn(house);
      keyIds.add(await keyIdOf(proof));
      house.clock.now += (proofSeconds - 1) * 1_000;
      await verified(proof);
    }
    expect(keyIds.size).toBe(2);
  });

  it('is one, where two processes make the first at once, and both sign by it', async () => {
    await house.close();
    await settle(await openHouse({ soleWriter: false }));
    const other = await house.another();
    const [bob, app] = [await addPerson(house), userId];
    const his = await addDevice(house, bob);
    const [one, two] = await Promise.all([
      proofIn(house, confirm({ userId: app })),
      proofIn(other, confirm({ userId: bob, code: codeOf(house, his) })),
    ]);
    expect(await keyIdOf(one)).toBe(await keyIdOf(two));
    expect((await verified(one, other)).payload.sub).toBe(app);
    expect(await signingEvents()).toHaveLength(1);
    await other.close();
  });

  it('that another process adds is published by this one at once', async () => {
    await house.close();
    await settle(await openHouse({ soleWriter: false }));
    const other = await house.another();
    await keysToVerifyBy(house.application);
    await verified(await proofIn(other));
    await other.close();
  });

  it('is ordered once, though it is ordered twice', async () => {
    await answerOf(house, order());
    expect((await attempt(house, order())).appended).toEqual(['instance.signing.key.added']);
    expect((await attempt(house, order())).appended).toEqual([]);
    expect(await violationsIn(house, order('soon' as 'due'))).toEqual(['wanted: one-of']);
  });

  it('that is added at once leaves nothing of what the others signed', async () => {
    const before = await proofIn(house);
    await answerOf(house, order('at-once'));
    await expect(verified(before)).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
    house.clock.now += 30_000;
    await verified(await proofIn(house));
  });

  it('is published while the log does not answer', async () => {
    const away = { isAway: false };
    const { log } = house.parts;
    const shared = await openHouse({
      ...house.parts,
      soleWriter: false,
      clockAt: house.clock,
      log: logWith(log, {
        readStream: (stream, asked) =>
          away.isAway
            ? Promise.reject(new EventLogError({ code: 'unavailable', reason: 'away' }))
            : log.readStream(stream, asked),
      }),
    });
    const proof = await proofIn(shared);
    away.isAway = true;
    await verified(proof, shared);
    await shared.close();
  });
});

describe('the private part of a signing key', () => {
  it('is in the log only sealed, and in no answer', async () => {
    const { secrets } = house.parts;
    const told = JSON.stringify(await house.run(new AddSigningKey({ wanted: 'ordered', by })));
    const [made] = await signingEvents();
    const { keyId, privateKey } = (made as RecordedEvent).data as unknown as SigningKeyEvent;
    const key = await secrets.keys.create('instance');
    const context = {
      organizationId: instanceId,
      subject: 'instance',
      factor: keyId,
      purpose: 'signing-key',
    };
    const opened = secrets.open(key, context, privateKey);
    const forms = ['base64', 'base64url', 'hex', 'latin1'] as const;
    const { d = '' } = secrets.readSigningKey(Buffer.from(opened)).export({ format: 'jwk' });
    const canaries = [d, ...forms.map((form) => opened.toString(form).slice(0, 40))];
    const written = JSON.stringify(await everythingIn(house)) + told;
    expect(d).not.toBe('');
    expect(canaries.filter((canary) => written.includes(canary))).toEqual([]);
  });

  it('cannot be written in clear, in the place of the public one either', async () => {
    await answerOf(house, new AddSigningKey({ wanted: 'ordered', by }));
    const [made] = await signingEvents();
    const event = decodeInstanceEvent(made as RecordedEvent) as SigningKeyEvent;
    const inClear = `{"kty":"EC","d":"${'a'.repeat(43)}"}`;
    const withPrivatePart = event.publicKey.replace('}', `,"d":"${'a'.repeat(43)}"}`);
    expect(() => encodeEvent(event)).not.toThrow();
    expect(() => encodeEvent({ ...event, publicKey: withPrivatePart })).toThrow('publicKey');
    expect(() => encodeEvent({ ...event, privateKey: inClear as Sealed })).toThrow('privateKey');
  });

  it('is opened by a new master key as by the old one', async () => {
    const store = new InMemoryKeyStore();
    await house.close();
    await settle(await openHouse({ secrets: await realSecrets(store) }));
    const before = await keyIdOf(await proofIn(house));
    const line = newMasterKeyLine('new');
    const both = {
      ...parseMasterKeys(line),
      byId: new Map([...parseMasterKeys(line).byId, ...masterKeys.byId]),
    };
    await rotateMasterKey({ store, masterKeys: both });
    const secrets = await realSecrets(store, parseMasterKeys(line));
    const restarted = await openHouse({ ...house.parts, secrets, clockAt: house.clock });
    house.clock.now += 30_000;
    expect(await keyIdOf(await proofIn(restarted))).toBe(before);
    await restarted.close();
  });

  it('is lost with the data key of the instance: no code is spent until another key is added at once', async () => {
    const store = new InMemoryKeyStore();
    await house.close();
    await settle(await openHouse({ secrets: await realSecrets(store) }));
    await proofIn(house);
    await store.erase('instance');
    const secrets = await realSecrets(store);
    const restarted = await openHouse({ ...house.parts, secrets, clockAt: house.clock });
    house.clock.now += 30_000;
    await expect(restarted.run(confirm())).rejects.toThrow('add one at once');
    await answerOf(restarted, new AddSigningKey({ wanted: 'at-once', by }));
    await verified(await proofIn(restarted), restarted);
    await restarted.close();
  });
});

describe('a proof that is cut short', () => {
  /** Of the calls that a proof makes of log and keys, the first, the second … */
  const cuts = Array.from({ length: 12 }, (_, index) => index + 1).flatMap((left) => [
    { left, when: 'before' as const },
    { left, when: 'after' as const },
  ]);

  it.each(cuts)('leaves one key, by which the next is verified: $when call $left', async ({ left, when }) => {
    const fuse: Fuse = { left: never, when };
    const log = new InMemoryEventLog();
    const store = new InMemoryKeyStore();
    await house.close();
    await settle(await openHouse({ log, secrets: await realSecrets(store) }));
    const secrets = await realSecrets(failingStore(store, fuse));
    const cut = await openHouse({ log: failingLog(log, fuse), secrets, clockAt: house.clock });
    fuse.left = left;
    await cut.run(confirm()).catch((error: Blown) => error);
    fuse.left = never;
    await cut.close();
    const next = await openHouse({ log, secrets: await realSecrets(store), clockAt: house.clock });
    house.clock.now += 30_000;
    await verified(await proofIn(next), next);
    expect(await signingEvents()).toHaveLength(1);
    await next.close();
  });
});
