import { applyClaims } from '#read-models/contract/apply-claims.js';
import { buildClaims } from '#read-models/contract/build-claims.js';
import { cellClaims } from '#read-models/contract/cell-claims.js';
import { type StoreEngine, storeClaimsOf } from '#read-models/contract/engine.js';
import { replayClaims } from '#read-models/contract/replay-claims.js';

/** Everything that store.ts promises. A store's own spec calls this with how to make its store. */
export function modelStoreContract(engine: StoreEngine): void {
  storeClaimsOf(engine, (claim) => {
    buildClaims(claim);
    applyClaims(claim);
    cellClaims(claim);
    replayClaims(claim);
  });
}
