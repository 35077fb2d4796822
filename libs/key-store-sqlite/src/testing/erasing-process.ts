// The process that is killed: it makes keys, re-wraps and erases them, and tells what was acknowledged as
// erased, until it is killed.

import { randomUUID } from 'node:crypto';

import { SqliteKeyStore } from '#key-store-sqlite/sqlite-key-store.js';
import { sampleKey } from '#secrets/contract/samples.js';

const directory = String(process.argv[2]);
const store = await SqliteKeyStore.open({ directory });

function tell(line: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(`${line}\n`, () => resolve()));
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

for (let turn = 0; ; turn += 1) {
  const [gone, stays] = [sampleKey(), sampleKey()];
  await Promise.all([store.add(gone), store.add(stays)]);
  const anew = { ...gone, masterKeyId: `m${randomUUID()}`, wrapped: sampleKey().wrapped };
  if (turn % 2 === 0) await store.rewrap(gone, anew);
  await store.erase(gone.subject);
  await tell(`erased ${hex(gone.wrapped)}`);
  if (turn % 2 === 0) await tell(`erased ${hex(anew.wrapped)}`);
  await tell(`kept ${hex(stays.wrapped)}`);
}
