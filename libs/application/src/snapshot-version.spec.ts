// A state that was kept must not be read by code that folds otherwise. Every kind of history is folded here, and
// the digest of what comes out belongs to one version: who changes a state or an `evolve` sees this fail, raises
// `snapshotVersion`, and adds the new digest below the old ones, which stay.

import { createHash } from 'node:crypto';

import { expect, it } from '@jest/globals';
import {
  accountKind,
  instanceKind,
  loginNameKind,
  organizationKind,
  sessionKind,
} from '#application/kinds.js';
import { snapshotVersion } from '#application/snapshots.js';
import type { StreamKind } from '#application/streams.js';
import { type Dated, fold, type Written, writtenIn } from '#application/testing/histories.js';

const digests: readonly string[] = [
  'd8dcbe62a1ee49339af1336c5ed0afe62717600e48c59678e0c9345cb6d944cc',
  '8329dd1b5fad9c619e5de8a8e596dda84f6608cef85e5dadd1e2fe4b2ab66d15',
  '7ca04e5a68e392bebd12aced78816f4030fb1c34e514468cff3d407f16ed8a5e',
  '55111259fe9eee7e9803a9ec9cc89a95a909a09dde529f59a76f87f4bef80ea0',
  'e0dc94d291a97d4e984b2889ee4c7a39b27d0da2ea1c9586a718a6b619ae311d',
  '3a03c712a7ba858d5667bc7b5c2a320a84e9d55aed0174b14843c3e02e2c4e57',
  '7f9ba36609fa5835fe1e9db4fd2fc3ce6271b2f226c56a83671a26eb81c039ad',
  '59d1f2a66a3575442440a5b6e5e08e296e3d4996dcb4f2724f8c05d1e49ecd00',
  '1c313f9b1c629789d613459873e2fea6c3cab600d4ecb5214e8339e429da381a',
  '860a340f08985a8f6514c04c8b563a1b56d22097e4f6d54e0f45e23a62393e19',
  '4c6f16a2a0a961cdd0b0f19d6ea97b133e9c31140c5af42042fed318e22253cf',
  'df8ece9ff6901fbe8c770aadc107a0d2f4df6340b6a207540fa510fff5f9a9ab',
  '4de0180b93f7463b16fe9cc8db130c92a38a1b6a6fa514b1f4bd9b08b14aa7aa',
];

const began = Date.UTC(2030, 0, 1);
const hour = 3_600_000;

/** The same deal on every machine. The low bits of such a sequence repeat soon, the high ones do not. */
function* dealt(): Generator<number, never> {
  for (let last = 1; ; ) {
    last = (Math.imul(last, 1_664_525) + 1_013_904_223) >>> 0;
    yield last / 2 ** 32;
  }
}

/** What is known after each event: of the life as it was lived, then of what is dealt from it. */
function statesOf<State, Event>(kind: StreamKind<State, Event>, lives: readonly string[]): string {
  const chance = dealt();
  const states: State[] = [];
  const lived = lives.map((life) => writtenIn(life));
  const all = lived.flat();
  const pick = (): Written => all[Math.floor(chance.next().value * all.length)] as Written;
  const histories = [...lived, ...Array.from({ length: 20 }, () => Array.from({ length: 300 }, pick))];
  for (const history of histories) {
    let state = kind.initial;
    for (const [index, written] of history.entries()) {
      const dated: Dated = { written, at: began + index * hour };
      state = fold(kind, state, [dated]);
      states.push(state);
    }
  }
  return JSON.stringify(states);
}

it('the version of snapshots is raised whenever a fold comes out otherwise', () => {
  const digest = createHash('sha256')
    .update(statesOf(accountKind, ['human', 'machine', 'imported']))
    .update(statesOf(organizationKind, ['organization', 'policies']))
    .update(statesOf(instanceKind, ['instance', 'signing-keys']))
    .update(statesOf(loginNameKind, ['login-name']))
    .update(statesOf(sessionKind, ['session']))
    .digest('hex');
  expect({ version: snapshotVersion, digest }).toEqual({ version: digests.length, digest: digests.at(-1) });
});

it('no version is given twice', () => {
  expect(new Set(digests).size).toBe(digests.length);
});
