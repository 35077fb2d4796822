// What an engine brings to the suite of the store, and how the suite treats what an engine cannot do: a gap is
// declared data with a reason, and it must name a claim that exists.

import { describe, expect, it } from '@jest/globals';

import type { ModelStore } from '#read-models/store.js';

export interface StoreUnderTest {
  readonly store: ModelStore;
  /** Closes the store and opens the same storage again. */
  reopen(): Promise<ModelStore>;
  /** Opens what another process would find, had this one been killed just now. */
  openAfterKill(): Promise<ModelStore>;
  dispose(): Promise<void>;
}

export interface StoreEngine {
  readonly name: string;
  /** With no tables in it. */
  create(): Promise<StoreUnderTest>;
  /** Claim → why this engine cannot keep it. */
  readonly gaps: Readonly<Record<string, string>>;
}

export type StoreClaim = (title: string, check: (under: StoreUnderTest) => Promise<void>) => void;

/** Runs each claim on a store of its own. */
export function storeClaimsOf(engine: StoreEngine, register: (claim: StoreClaim) => void): void {
  describe(`the store of read models on ${engine.name}`, () => {
    const titles = new Set<string>();
    register((title, check) => {
      titles.add(title);
      const reason = engine.gaps[title];
      if (reason !== undefined) it.skip(`${title} [gap: ${reason}]`, () => undefined);
      else it(title, () => withStore(engine, check));
    });
    it('declares no gap that is not a claim, and none without a reason', () => {
      expect(Object.keys(engine.gaps).filter((title) => !titles.has(title))).toEqual([]);
      expect(Object.values(engine.gaps).filter((reason) => reason.length < 10)).toEqual([]);
    });
  });
}

async function withStore(
  engine: StoreEngine,
  check: (under: StoreUnderTest) => Promise<void>,
): Promise<void> {
  const under = await engine.create();
  try {
    await check(under);
  } finally {
    await under.dispose();
  }
}
