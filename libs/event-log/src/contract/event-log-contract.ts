import { appendClaims } from '#event-log/contract/append-claims.js';
import { claimsOf, type Engine } from '#event-log/contract/engine.js';
import { identityClaims, lifetimeClaims } from '#event-log/contract/lifetime-claims.js';
import { readClaims } from '#event-log/contract/read-claims.js';
import { subscribeClaims } from '#event-log/contract/subscribe-claims.js';

/** Everything that event-log.ts promises. An engine's own spec calls this with how to make its log. */
export function eventLogContract(engine: Engine): void {
  claimsOf(engine, (claim) => {
    appendClaims(claim);
    readClaims(claim);
    subscribeClaims(claim);
    lifetimeClaims(claim);
    identityClaims(claim, async () => {
      const other = await engine.create();
      const identity = await other.log.identity();
      await other.dispose();
      return { identity };
    });
  });
}
