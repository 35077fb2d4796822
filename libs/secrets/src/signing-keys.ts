// What others are to believe without asking here is signed: ES256 (RFC 7518 section 3.4), by `jose`. Whoever verifies
// needs the public part alone, which is written as a set of keys has it (RFC 7517).

import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

import type { JWTPayload } from 'jose';

const algorithm = 'ES256';
const curve = { namedCurve: 'P-256' };
const encoding = { format: 'der', type: 'pkcs8' } as const;

/** Loaded with the first key or signature: a start waits for it in vain. */
const signing = () => import('jose');

export type PrivateKey = KeyObject;

export interface NewSigningKeyPair {
  /** Of the public part (RFC 7638): no two keys have the same. */
  readonly keyId: string;
  /** A JWK, as text. */
  readonly publicKey: string;
  /** To be sealed, and then overwritten. */
  readonly privateKey: Buffer;
}

export async function newSigningKeyPair(): Promise<NewSigningKeyPair> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', curve);
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const point = { kty: 'EC', crv: 'P-256', x, y };
  const { calculateJwkThumbprint } = await signing();
  const keyId = await calculateJwkThumbprint(point);
  const told = { ...point, alg: algorithm, use: 'sig', kid: keyId };
  return { keyId, publicKey: JSON.stringify(told), privateKey: privateKey.export(encoding) };
}

/** Of the private part, which is overwritten. */
export function readSigningKey(privateKey: Buffer): PrivateKey {
  const key = createPrivateKey({ key: privateKey, ...encoding });
  privateKey.fill(0);
  return key;
}

export interface ToSign {
  readonly keyId: string;
  readonly key: PrivateKey;
  /** What it is, so that it passes for nothing else that may ever be signed (RFC 8725 section 3.11). */
  readonly type: string;
  readonly claims: JWTPayload;
}

/** The compact form. */
export async function signClaims({ keyId, key, type, claims }: ToSign): Promise<string> {
  const { SignJWT } = await signing();
  return new SignJWT(claims).setProtectedHeader({ alg: algorithm, kid: keyId, typ: type }).sign(key);
}
