// What each master key wraps and what each signing key is for, and the changes to new ones.

import { AddSigningKey } from '#application/signing-keys/add-signing-key.js';
import { keysToVerifyBy } from '#application/signing-keys/published-keys.js';
import { KeyService, SigningKeyUse } from '#contract/countersign/v1/key_service_pb.js';
import { detailsOf, momentOf } from '#transport/dialects/countersign/messages.js';
import { carryOut } from '#transport/dialects/countersign/orders.js';
import type { Parts } from '#transport/dialects/countersign/parts.js';
import {
  answered,
  type Implemented,
  implement,
  type MethodTable,
  refused,
  told,
} from '#transport/implementation.js';
import type { MasterKeysStatus } from '#transport/operating.js';

const reading = { of: 'instance', permission: 'instance.key.read' } as const;
const changing = { of: 'instance', permission: 'instance.key.write' } as const;

type Methods = MethodTable<typeof KeyService>;

export const keyService = (parts: Parts): readonly Implemented[] =>
  implement(KeyService, { ...ofMasterKeys(parts), ...ofSigningKeys(parts) });

const ofMasterKeys = (parts: Parts): Methods => ({
  listMasterKeys: {
    access: reading,
    run: async () => {
      const status = await parts.operating.masterKeys.status();
      const masterKeys = status.keys.map(({ wraps, ...key }) => ({ ...key, wraps: BigInt(wraps) }));
      return answered({ masterKeys, rotation: rotationMessage(status) });
    },
  },
  rotateMasterKey: {
    access: changing,
    run: async (_, call) => {
      const { masterKeys } = parts.operating;
      const masterKey = await masterKeys.sealing();
      if (masterKey === null) return refused({ code: 'master-key-not-loaded' });
      const { keys } = await masterKeys.status();
      const rotated = await carryOut(parts, call, {
        order: { type: 'instance.key.rotated', masterKey },
        refusal: null,
        isDone: keys.every(({ seals, wraps }) => seals || wraps === 0),
        carryOut: async () => masterKeys.rotate(),
      });
      if (rotated.kind === 'rejected') return rotated;
      const rotation = rotationMessage(await masterKeys.status());
      return told(rotated, ({ details }) => ({ details: detailsOf(details), rotation }));
    },
  },
});

const ofSigningKeys = (parts: Parts): Methods => ({
  listSigningKeys: {
    access: reading,
    run: async () => answered({ signingKeys: await signingKeyMessages(parts) }),
  },
  rotateSigningKey: {
    access: changing,
    run: async ({ atOnce }, { by }) => {
      const wanted = atOnce ? 'at-once' : 'ordered';
      const rotated = await parts.run(new AddSigningKey({ wanted, by }));
      if (rotated.kind === 'rejected') return rotated;
      const signingKeys = await signingKeyMessages(parts);
      return told(rotated, ({ details }) => ({ details: detailsOf(details), signingKeys }));
    },
  },
});

function rotationMessage({ keys, rotation }: MasterKeysStatus) {
  const { running, beganAt, endedAt, lastError } = rotation;
  const sum = (some: typeof keys) => BigInt(some.reduce((total, { wraps }) => total + wraps, 0));
  return {
    running,
    done: sum(keys.filter(({ seals }) => seals)),
    total: sum(keys),
    beganAt: momentOf(beganAt),
    endedAt: momentOf(endedAt),
    lastError: lastError ?? '',
  };
}

const uses = {
  waits: SigningKeyUse.WAITS,
  signs: SigningKeyUse.SIGNS,
  verifies: SigningKeyUse.VERIFIES,
} as const;

async function signingKeyMessages({ application }: Parts) {
  const keys = await keysToVerifyBy(application);
  return keys.map(({ key, use, until }) => ({
    id: key.keyId,
    use: uses[use],
    addedAt: momentOf(key.addedAt),
    until: momentOf(until),
  }));
}
