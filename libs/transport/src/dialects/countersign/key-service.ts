// What each master key wraps, and the change to the one that seals.

import { KeyService } from '#contract/countersign/v1/key_service_pb.js';
import { detailsOf, momentOf } from '#transport/dialects/countersign/messages.js';
import { carryOut } from '#transport/dialects/countersign/orders.js';
import type { Parts } from '#transport/dialects/countersign/parts.js';
import { answered, type Implemented, implement, refused, told } from '#transport/implementation.js';
import type { MasterKeysStatus } from '#transport/operating.js';

export const keyService = (parts: Parts): readonly Implemented[] =>
  implement(KeyService, {
    listMasterKeys: {
      access: { of: 'instance', permission: 'instance.key.read' },
      run: async () => {
        const status = await parts.operating.masterKeys.status();
        const masterKeys = status.keys.map(({ wraps, ...key }) => ({ ...key, wraps: BigInt(wraps) }));
        return answered({ masterKeys, rotation: rotationMessage(status) });
      },
    },
    rotateMasterKey: {
      access: { of: 'instance', permission: 'instance.key.write' },
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
