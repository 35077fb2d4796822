// Proofs of two servers: the keys stand in the log of both, sealed under a data key that PostgreSQL has for both.

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyResult, jwtVerify } from 'jose';

import { postgresIsMissing } from '#read-models/testing/postgres-server.js';
import { type Replica, Replicas } from '#test/faults/replicas.js';

const audience = 'https://bank.example';
const title = 'two servers on one log and one PostgreSQL';

if (postgresIsMissing !== null) it.skip(`${title} [gap: ${postgresIsMissing}]`, () => undefined);
else describe(title, declare);

function declare(): void {
  let replicas: Replicas;
  let here: Replica;
  let there: Replica;
  let codesPath: string;
  let codes: string[];
  beforeAll(async () => {
    replicas = await Replicas.open();
    [here, there] = await Promise.all([replicas.start(), replicas.start()]);
    await Promise.all([here, there].map((one) => replicas.untilReady(one)));
    const { id } = (await replicas.addUser(here, 'ada')) ?? {};
    codesPath = `/countersign/v1/users/${id}/recovery-codes`;
    const made = await replicas.answer(here, codesPath, { body: { count: 20 } });
    codes = [...(made.recoveryCodes as readonly string[])];
  }, 120_000);
  afterAll(() => replicas.close(), 60_000);

  async function proofOf(replica: Replica): Promise<string> {
    const body = { code: codes.pop(), proofAudience: audience };
    return String((await replicas.answer(replica, `${codesPath}/verify`, { body })).proof);
  }

  async function keysOf({ server }: Replica): Promise<JSONWebKeySet> {
    return (await (await fetch(`${server.url}/.well-known/jwks.json`)).json()) as JSONWebKeySet;
  }
  const keyIdsOf = async (replica: Replica) => (await keysOf(replica)).keys.map(({ kid }) => kid);

  const verified = async (proof: string, by: Replica): Promise<JWTVerifyResult> =>
    jwtVerify(proof, createLocalJWKSet(await keysOf(by)), { audience, typ: 'countersign-proof+jwt' });
  const keyIdIn = async (proof: string, by: Replica) => (await verified(proof, by)).protectedHeader.kid;

  const rotate = (replica: Replica, body: object = {}) =>
    replicas.answer(replica, '/countersign/v1/signing-keys/rotate', { body });

  it('make one first key, also when both are asked at once, and verify by it what the other signed', async () => {
    const [ours, theirs] = await Promise.all([proofOf(here), proofOf(there)]);
    expect([await keyIdIn(ours, there), await keyIdIn(theirs, here)]).toEqual(
      await keyIdsOf(here).then(([first]) => [first, first]),
    );
    expect(await keysOf(there)).toEqual(await keysOf(here));
    expect((await keysOf(here)).keys).toHaveLength(1);
  });

  it('publish at once the next key that the other was told to make, beside the one that still signs', async () => {
    const [first] = await keyIdsOf(here);
    await rotate(here);
    const published = await keyIdsOf(there);
    expect(published).toEqual([first, expect.any(String)]);
    expect(await keyIdsOf(here)).toEqual(published);
    expect(await keyIdIn(await proofOf(there), here)).toBe(first);
    await rotate(there);
    expect(await keyIdsOf(here)).toEqual(published);
  });

  it('sign by nothing else from then on, once the other was told to replace all keys at once', async () => {
    const before = await proofOf(there);
    await verified(before, here);
    await rotate(here, { atOnce: true });
    // Before it is asked what it publishes, which it would learn of the key by.
    const after = await proofOf(there);
    const [made, ...others] = await keyIdsOf(there);
    expect(others).toEqual([]);
    expect(await keyIdIn(after, here)).toBe(made);
    for (const by of [here, there])
      await expect(verified(before, by)).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
    expect(await keyIdIn(await proofOf(here), there)).toBe(made);
  });
}
