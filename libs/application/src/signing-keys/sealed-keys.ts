// The private part of a signing key is in the log only sealed, under a data key of the instance, which is durable
// before the first event that it seals. Nobody erases it.

import type { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { executeForInstance, type InstanceOutcome } from '#application/instances.js';
import { instanceStream } from '#application/surroundings.js';
import { reject } from '#domain/decider.js';
import { notSetUp } from '#domain/instance/decide.js';
import type { ReadyInstance } from '#domain/instance/state.js';
import { addSigningKey, type SigningKeyWanted } from '#domain/signing-keys/decide.js';
import type { NewSigningKey } from '#domain/signing-keys/events.js';
import type { SigningKey } from '#domain/signing-keys/state.js';
import type { PrivateKey } from '#secrets/signing-keys.js';

export interface Wanted {
  readonly wanted: SigningKeyWanted;
  readonly by: Caller;
}

export function addSealedKey(
  application: Application,
  { wanted, by }: Wanted,
): Promise<InstanceOutcome<never>> {
  let key: NewSigningKey | null = null;
  return executeForInstance(application, { by }, async (instance, now) => {
    if (instance.status === 'unknown') return reject(notSetUp);
    key ??= await newSigningKey(application, instance);
    return addSigningKey(instance, { key, wanted }, { now });
  });
}

/** Throws where the data key is not the one that it was sealed under. */
export async function openSealedKey(
  { parts }: Application,
  instance: ReadyInstance,
  { keyId, privateKey }: SigningKey,
): Promise<PrivateKey> {
  const { keys, open, readSigningKey } = parts.secrets;
  const key = await keys.get(instanceStream);
  if (key === null) throw new Error('there is no data key that the signing keys open with: add one at once');
  return readSigningKey(open(key, contextOf(instance, keyId), privateKey));
}

async function newSigningKey({ parts }: Application, instance: ReadyInstance): Promise<NewSigningKey> {
  const { keys, newSigningKeyPair, seal } = parts.secrets;
  const { keyId, publicKey, privateKey } = await newSigningKeyPair();
  const sealed = seal(await keys.create(instanceStream), contextOf(instance, keyId), privateKey);
  privateKey.fill(0);
  return { keyId, publicKey, privateKey: sealed };
}

const contextOf = ({ instanceId }: ReadyInstance, keyId: string) => ({
  organizationId: instanceId,
  subject: instanceStream,
  factor: keyId,
  purpose: 'signing-key',
});
