import { describe, expect, it } from '@jest/globals';

import { importJWK, type JWK, jwtVerify } from 'jose';

import { newSigningKeyPair, readSigningKey, signClaims } from '#secrets/signing-keys.js';

const type = 'test+jwt';
const claims = { sub: 'somebody', exp: Math.floor(Date.now() / 1000) + 60 };

async function pair() {
  const { keyId, publicKey, privateKey } = await newSigningKeyPair();
  const key = readSigningKey(privateKey);
  return { keyId, publicKey: JSON.parse(publicKey) as JWK, key, privateKey };
}

describe('a pair of keys', () => {
  it('has a public part that tells nothing of the private one', async () => {
    const { publicKey, keyId, privateKey } = await newSigningKeyPair();
    expect(JSON.parse(publicKey)).toEqual({
      kty: 'EC',
      crv: 'P-256',
      x: expect.stringMatching(/^[\w-]{43}$/),
      y: expect.stringMatching(/^[\w-]{43}$/),
      alg: 'ES256',
      use: 'sig',
      kid: keyId,
    });
    const { d } = readSigningKey(privateKey).export({ format: 'jwk' });
    expect(d).toMatch(/^[\w-]{43}$/);
    expect(publicKey).not.toContain(d);
  });

  it('differs from every other', async () => {
    const [one, other] = await Promise.all([pair(), pair()]);
    expect(one.keyId).not.toBe(other.keyId);
    expect(one.publicKey.x).not.toBe(other.publicKey.x);
  });

  it('leaves no private part in the bytes that it was read from', async () => {
    const { privateKey } = await pair();
    expect(privateKey.every((byte) => byte === 0)).toBe(true);
  });
});

describe('what is signed', () => {
  it('is verified by the public part, with what it is and the key that it names', async () => {
    const { keyId, publicKey, key } = await pair();
    const signed = await signClaims({ keyId, key, type, claims });
    const { payload, protectedHeader } = await jwtVerify(signed, await importJWK(publicKey), { typ: type });
    expect(payload).toEqual(claims);
    expect(protectedHeader).toEqual({ alg: 'ES256', kid: keyId, typ: type });
  });

  it('is not verified by another', async () => {
    const [one, other] = await Promise.all([pair(), pair()]);
    const signed = await signClaims({ keyId: one.keyId, key: one.key, type, claims });
    await expect(jwtVerify(signed, await importJWK(other.publicKey))).rejects.toMatchObject({
      code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    });
  });
});
