// A new master key takes over while the service runs: data keys stay what they are, and only their wrapping
// changes, each by compare-and-set. A run that was cut short is finished by running it again.

import type { KeyStore, WrappedKey } from '#secrets/key-store.js';
import type { MasterKeys } from '#secrets/master-keys.js';
import { KeyBroken, MasterKeyMissing, wrapAnew } from '#secrets/wrapping.js';

export interface RotateOptions {
  readonly store: KeyStore;
  readonly masterKeys: MasterKeys;
  readonly pageSize?: number;
  /** Told after each page how many keys were re-wrapped so far. */
  readonly onProgress?: (rewrapped: number) => void;
  /** Ends it after the page under way. */
  readonly until?: AbortSignal;
}

/** A page is wrapped at one go, which holds up everything else for about a millisecond. */
const pageSizeDefault = 100;
/** Keys added behind a pass are found by the next one. A process that adds them for ever still has the old file. */
const passesMax = 10;

/**
 * Wraps by the sealing master key whatever another one wraps. Throws `MasterKeyMissing` before it begins;
 * `KeyBroken` when it has done everything else.
 */
export async function rotateMasterKey(options: RotateOptions): Promise<{ rewrapped: number }> {
  await assertMasterKeys(options.store, options.masterKeys);
  let rewrapped = 0;
  for (let pass = 0; pass < passesMax; pass += 1) {
    const before = rewrapped;
    const broken = await onePass(options, (count) => {
      rewrapped += count;
      options.onProgress?.(rewrapped);
    });
    if (rewrapped > before && !options.until?.aborted) continue;
    if (broken !== null) throw broken;
    break;
  }
  return { rewrapped };
}

/** Those that wrap nothing any more, and may be taken out of the file once no other process seals with them. */
export async function unusedMasterKeys(store: KeyStore, masterKeys: MasterKeys): Promise<string[]> {
  const counts = await store.countByMasterKey();
  return [...masterKeys.byId.keys()].filter((id) => id !== masterKeys.sealing.id && !counts.has(id));
}

/** Throws `MasterKeyMissing` when a stored key is wrapped by a master key that is not there. */
export async function assertMasterKeys(store: KeyStore, masterKeys: MasterKeys): Promise<void> {
  const counts = await store.countByMasterKey();
  for (const id of counts.keys()) if (!masterKeys.byId.has(id)) throw new MasterKeyMissing(id);
}

async function onePass(options: RotateOptions, onPage: (count: number) => void): Promise<KeyBroken | null> {
  const { store, masterKeys, pageSize = pageSizeDefault, until } = options;
  let after: string | null = null;
  let broken: KeyBroken | null = null;
  for (;;) {
    const page: readonly WrappedKey[] = await store.notWrappedBy(masterKeys.sealing.id, {
      after,
      limit: pageSize,
    });
    const outcomes = await Promise.all(page.map((key) => rewrap(store, masterKeys, key)));
    broken ??= outcomes.find((outcome) => outcome instanceof KeyBroken) ?? null;
    if (page.length > 0) onPage(outcomes.filter((outcome) => outcome === true).length);
    // What is added beyond it meanwhile is for the next pass, or a pass might never end.
    if (page.length < pageSize || until?.aborted) return broken;
    after = page.at(-1)?.subject ?? null;
  }
}

/** False when it was erased or re-wrapped meanwhile. */
async function rewrap(
  store: KeyStore,
  masterKeys: MasterKeys,
  from: WrappedKey,
): Promise<boolean | KeyBroken> {
  try {
    return await store.rewrap(from, wrapAnew(masterKeys, from));
  } catch (error) {
    if (error instanceof KeyBroken) return error;
    throw error;
  }
}
