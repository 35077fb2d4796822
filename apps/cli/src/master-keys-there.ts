// Master keys by the API of a service.

import { type Json, listOf, type ServiceApi } from '#cli/service-api.js';

const path = '/countersign/v1/master-keys';

export interface MasterKeysThere {
  readonly masterKeys: readonly Json[];
  readonly rotation: Rotation;
}

export interface Rotation {
  readonly isRunning: boolean;
  readonly done: number;
  readonly total: number;
  readonly lastError: string | null;
}

export async function masterKeysThere(service: ServiceApi): Promise<MasterKeysThere> {
  const { masterKeys, rotation = {} } = await service.ask({ verb: 'GET', path });
  return { masterKeys: listOf(masterKeys), rotation: rotationOf(rotation as Json) };
}

export async function rotateThere(service: ServiceApi): Promise<void> {
  await service.ask({ verb: 'POST', path: `${path}/rotate`, body: {} });
}

function rotationOf({ running, done, total, lastError }: Json): Rotation {
  return {
    isRunning: running === true,
    done: Number(done ?? 0),
    total: Number(total ?? 0),
    lastError: typeof lastError === 'string' && lastError !== '' ? lastError : null,
  };
}
