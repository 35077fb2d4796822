import { describe, expect, it } from '@jest/globals';

import type {
  AccessTokenId,
  LoginKey,
  MetadataKeyHash,
  OrganizationId,
  Sealed,
  TotpId,
  UserId,
} from '#domain/ids.js';
import { defaultSettings, type Settings } from '#domain/organization/settings.js';
import {
  type DomainEvent,
  decodeAccountEvent,
  decodeEvent,
  decodeInstanceEvent,
  decodeLoginNameEvent,
  decodeOrganizationEvent,
  decodeSessionEvent,
  encodeEvent,
} from '#event-catalog/catalogue.js';
import type { StoredEvent } from '#event-catalog/stored-event.js';
import type { JsonObject } from '#event-log/event-log.js';
import { DataKeys } from '#secrets/data-keys.js';
import { HashLane } from '#secrets/hash-lane.js';
import { InMemoryKeyStore } from '#secrets/in-memory-key-store.js';
import { newMasterKeyLine, parseMasterKeys } from '#secrets/master-keys.js';
import { Names } from '#secrets/names.js';
import { randomBytesFromPool } from '#secrets/random-pool.js';
import { seal } from '#secrets/sealing.js';
import { hashToken } from '#secrets/token-text.js';

const [store, masterKeys] = [new InMemoryKeyStore(), parseMasterKeys(newMasterKeyLine('first'))];
const dataKey = await new DataKeys({ store, masterKeys }).create('user-1');
const place = {
  organizationId: 'some organization',
  subject: 'some user',
  factor: 'totp',
  purpose: 'secret',
};
/** Nothing can be shorter. */
const sealed = seal(dataKey, place, '');
const names = await Names.open(store, masterKeys);
const loginKey = names.loginKey('Ada');
const keyHash = names.metadataKey('user-1', 'favourite.colour');
const tokenHash = hashToken(randomBytesFromPool(32));
const codeHash = await new HashLane({ concurrent: 1, waitingMax: 0 }).hash('7KAB-CDEF-GHJK-MNPQ');
const userId = 'some user' as UserId;
const totpId = 'some device' as TotpId;

/** One of each kind of stream. */
const ofEach: readonly DomainEvent[] = [
  { type: 'user.human.phone.changed', phone: sealed },
  { type: 'org.added', organizationId: 'some organization' as OrganizationId, name: 'Some Organization' },
  { type: 'instance.member.removed', userId },
  { type: 'login.released', userId },
  { type: 'session.password.checked', at: null },
];

describe('the catalogue', () => {
  it('reads what it has written', () => {
    expect(ofEach.map((event) => decodeEvent(encodeEvent(event)))).toEqual(ofEach);
  });

  it('writes what the event log takes', () => {
    const data: readonly JsonObject[] = ofEach.map((event) => encodeEvent(event).data);
    expect(JSON.parse(JSON.stringify(data))).toEqual(data);
  });

  it.each<readonly [string, (stored: StoredEvent) => DomainEvent, number]>([
    ['a user', decodeAccountEvent, 0],
    ['an organization', decodeOrganizationEvent, 1],
    ['the instance', decodeInstanceEvent, 2],
    ['a login name', decodeLoginNameEvent, 3],
    ['a session', decodeSessionEvent, 4],
  ])('reads in the stream of %s no event of another', (_title, decode, own) => {
    const stored = ofEach.map(encodeEvent);
    expect(stored.slice(own, own + 1).map(decode)).toEqual(ofEach.slice(own, own + 1));
    const types = stored.toSpliced(own, 1).map((foreign) => refusalOf(() => decode(foreign)));
    expect(types).toEqual(stored.toSpliced(own, 1).map(({ type }) => ({ code: 'unknown-type', type })));
  });
});

describe('settings', () => {
  it.each(Object.entries(defaultSettings))('can be changed and reset one by one: %s', (name, value) => {
    const events = [
      { type: 'org.settings.changed', changed: { [name]: value } as Partial<Settings> },
      { type: 'instance.settings.reset', names: [name as keyof Settings] },
    ] as const;
    expect(events.map((event) => decodeEvent(encodeEvent(event)))).toEqual(events);
  });

  it.each<readonly [string, object]>([
    ['one that does not exist', { colour: 'red' }],
    ['one that is undefined', { issuer: undefined }],
    [
      'digits that no authenticator app shows',
      { totpParameters: { algorithm: 'SHA1', digits: 7, periodSeconds: 30 } },
    ],
  ])('are refused: %s', (_title, changed) => {
    expect(() => encodeEvent({ type: 'org.settings.changed', changed })).toThrow(TypeError);
  });
});

describe('nothing secret is written in clear', () => {
  const seed = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
  const added = {
    type: 'user.human.mfa.otp.added',
    totpId,
    name: sealed,
    secret: sealed,
    parameters: defaultSettings.totpParameters,
    expiresAt: 0,
  } as const;
  const token = {
    type: 'user.pat.added',
    tokenId: 'some token' as AccessTokenId,
    name: sealed,
    scopes: [],
    expiresAt: null,
    hash: tokenHash,
  } as const;
  const machine = {
    type: 'user.machine.added',
    userId: sealed,
    organizationId: 'some organization' as OrganizationId,
    username: sealed,
    usernameKey: loginKey,
    profile: sealed,
  } as const;
  const metadata = { type: 'user.metadata.set', keyHash, key: sealed, value: sealed } as const;
  const codes = (...some: readonly { selector: string; hash: string }[]): DomainEvent => ({
    type: 'user.human.mfa.recoverycode.added',
    codes: some,
    pendingWith: null,
  });
  const code = { selector: '7K', hash: codeHash };

  it('and what was sealed and hashed is', () => {
    const events = [added, token, machine, metadata, codes(code)];
    expect(events.map((event) => decodeEvent(encodeEvent(event)))).toEqual(events);
  });

  it.each<readonly [string, DomainEvent]>([
    ['a seed', { ...added, secret: seed as Sealed }],
    ['the name of a device', { ...added, name: 'My phone' as Sealed }],
    ['a sealed text without its tag', { ...added, secret: sealed.slice(0, -1) as Sealed }],
    ['a phone number', { type: 'user.human.phone.changed', phone: '+41.44.6681800' as Sealed }],
    ['a user name', { ...machine, username: 'ada.lovelace' as Sealed }],
    ['a user name for its keyed hash', { ...machine, usernameKey: 'ada@example.org' as LoginKey }],
    ['an id that was brought along', { ...machine, userId: 'ada@example.org' as Sealed }],
    ['a metadata key', { ...metadata, key: 'favourite.colour' as Sealed }],
    ['a metadata value', { ...metadata, value: 'blue' as Sealed }],
    ['a metadata key for its keyed hash', { ...metadata, keyHash: 'favourite.colour' as MetadataKeyHash }],
    ['an access token for its hash', { ...token, hash: `cs_${tokenHash}${tokenHash}` }],
    ['a recovery code for its hash', codes({ selector: '7K', hash: '7KAB-CDEF-GHJK-MNPQ' })],
    ['a recovery code beside its hash', codes({ ...code, ...{ text: '7KAB-CDEF-GHJK-MNPQ' } })],
    ['an empty id', { type: 'login.confirmed', userId: '' as UserId }],
  ])('%s', (_title, event) => {
    expect(() => encodeEvent(event)).toThrow(/cannot be written/);
  });
});

function refusalOf(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return (error as { undecodability?: unknown }).undecodability ?? error;
  }
}
