// What a team does that trusts a confirmation without calling back: it has `jose`, the address of the service, and the
// name that it is an audience by.

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  base64url,
  createRemoteJWKSet,
  exportJWK,
  generateKeyPair,
  type JWTVerifyResult,
  jwtVerify,
  SignJWT,
  UnsecuredJWT,
} from 'jose';

import { tokenIn } from '#test/administrator-token.js';
import { addUser, ask, type Json } from '#test/e2e/command-line/lived-in.js';
import { endAll, type Server, startServer, temporaryDirectory } from '#test/e2e/server-process.js';

const audience = 'https://bank.example';
const issuer = 'https://sign.example';
const directory = temporaryDirectory();

let server: Server;
let token: string;
let userId: string;
let codes: string[];
let verifyProof: (proof: string, options?: { readonly currentDate?: Date }) => Promise<JWTVerifyResult>;

const start = () =>
  startServer({ environment: { COUNTERSIGN_DATA_DIR: directory, COUNTERSIGN_EXTERNAL_URL: issuer } });
const keySet = () => new URL('/.well-known/jwks.json', server.url);

/** Everything that the other service knows. */
function learnKeys(): void {
  const keys = createRemoteJWKSet(keySet());
  verifyProof = (proof, options = {}) =>
    jwtVerify(proof, keys, { issuer, audience, typ: 'countersign-proof+jwt', ...options });
}

beforeAll(async () => {
  server = await start();
  token = tokenIn(directory);
  userId = await addUser(server, token, 'Ada');
  const path = `/countersign/v1/users/${userId}/recovery-codes`;
  codes = (await ask(server, { token, path, body: { count: 50 } })).recoveryCodes as string[];
  learnKeys();
}, 60_000);
afterAll(endAll, 60_000);

async function confirm(more: Json = {}): Promise<Json> {
  const path = `/countersign/v1/users/${userId}/recovery-codes/verify`;
  return ask(server, { token, path, body: { code: codes.pop(), proofAudience: audience, ...more } });
}
const proof = async (more: Json = {}): Promise<string> => String((await confirm(more)).proof);
const rotate = (body: Json = {}) => ask(server, { token, path: '/countersign/v1/signing-keys/rotate', body });

const refusals: readonly (readonly [what: string, from: (good: string) => Promise<string>, code: string])[] =
  [
    [
      'for another audience',
      () => proof({ proofAudience: 'https://shop.example' }),
      'ERR_JWT_CLAIM_VALIDATION_FAILED',
    ],
    [
      'with other claims',
      async (good) => withClaims(good, { sub: 'somebody else' }),
      'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    ],
    ['signed by another key under the same name', signedByAnother, 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
    [
      'signed by a key that is not published',
      (good) => signedByAnother(good, 'another'),
      'ERR_JWKS_NO_MATCHING_KEY',
    ],
    ['with a key in its header', withOwnKey, 'ERR_JWKS_NO_MATCHING_KEY'],
    [
      'that is not signed',
      async (good) => new UnsecuredJWT(claimsIn(good)).encode(),
      'ERR_JOSE_NOT_SUPPORTED',
    ],
  ];

const partsOf = (jwt: string) => jwt.split('.') as [string, string, string];
const read = (part: string) => JSON.parse(new TextDecoder().decode(base64url.decode(part))) as Json;
const claimsIn = (good: string) => read(partsOf(good)[1]);

function withClaims(good: string, changed: Json): string {
  const [header, claims, signature] = partsOf(good);
  return [header, base64url.encode(JSON.stringify({ ...read(claims), ...changed })), signature].join('.');
}

async function signedByAnother(good: string, kid = String(read(partsOf(good)[0]).kid)): Promise<string> {
  const { privateKey } = await generateKeyPair('ES256');
  const header = { alg: 'ES256', typ: 'countersign-proof+jwt', kid };
  return new SignJWT(claimsIn(good)).setProtectedHeader(header).sign(privateKey);
}

async function withOwnKey(good: string): Promise<string> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const header = { alg: 'ES256', typ: 'countersign-proof+jwt', jwk: await exportJWK(publicKey), kid: 'own' };
  return new SignJWT(claimsIn(good)).setProtectedHeader(header).sign(privateKey);
}

describe('a proof', () => {
  it('is believed by whoever it is for, until it expires', async () => {
    const good = await proof();
    const { payload, protectedHeader } = await verifyProof(good);
    expect(protectedHeader).toMatchObject({ alg: 'ES256', typ: 'countersign-proof+jwt' });
    expect(payload).toMatchObject({ sub: userId, aud: audience, iss: issuer, factor: 'recovery_code' });
    const { iat = 0, exp = 0 } = payload;
    expect(exp - iat).toBe(60);
    await verifyProof(good, { currentDate: new Date((exp - 1) * 1_000) });
    await expect(verifyProof(good, { currentDate: new Date(exp * 1_000) })).rejects.toMatchObject({
      code: 'ERR_JWT_EXPIRED',
    });
  });

  it.each(refusals)('%s is not believed', async (_, from, code) => {
    const good = await proof();
    await verifyProof(good);
    await expect(from(good).then((other) => verifyProof(other))).rejects.toMatchObject({ code });
  });

  it('comes only where one is asked for', async () => {
    expect(await confirm({ proofAudience: undefined })).not.toHaveProperty('proof');
  });

  it('is verified whenever keys change meanwhile, by whoever has the keys of before', async () => {
    const before = (await rotate()).signingKeys as readonly Json[];
    const proofs = Promise.all(Array.from({ length: 12 }, () => proof()));
    await Promise.all([rotate(), rotate(), rotate()]);
    const believed = await Promise.all((await proofs).map((one) => verifyProof(one)));
    expect(believed).toHaveLength(12);
    const after = (await rotate()).signingKeys as readonly Json[];
    expect([before, after].map((keys) => keys.map(({ use }) => use))).toEqual([
      ['SIGNING_KEY_USE_SIGNS', 'SIGNING_KEY_USE_WAITS'],
      ['SIGNING_KEY_USE_SIGNS', 'SIGNING_KEY_USE_WAITS'],
    ]);
  });

  it('is signed by the key that was added just before the process was killed', async () => {
    const { signingKeys } = await rotate({ atOnce: true });
    server.signal('SIGKILL');
    await server.ended;
    server = await start();
    learnKeys();
    const { protectedHeader } = await verifyProof(await proof());
    expect([protectedHeader.kid]).toEqual((signingKeys as readonly Json[]).map(({ id }) => id));
  });
});

describe('the keys to verify by', () => {
  it('are told to everybody, with nothing of the private parts', async () => {
    const response = await fetch(keySet());
    const { keys } = (await response.json()) as { keys: Json[] };
    expect(keys.map((key) => Object.keys(key))).toEqual(
      keys.map(() => ['kty', 'crv', 'x', 'y', 'alg', 'use', 'kid']),
    );
    expect(response.headers.get('cache-control')).toBe('public, max-age=300');
    const headers = { 'if-none-match': String(response.headers.get('etag')) };
    expect((await fetch(keySet(), { headers })).status).toBe(304);
  });
});
