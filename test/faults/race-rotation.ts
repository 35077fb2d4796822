// A new master key takes over while codes are verified: each of them is right, whichever key wraps what opens it.

import { randomBytes } from 'node:crypto';

import { masterKeys } from '#application/testing/secrets.js';
import type { EventLog } from '#event-log/event-log.js';
import { InMemoryKeyStore } from '#secrets/in-memory-key-store.js';
import { type MasterKeys, parseMasterKeys } from '#secrets/master-keys.js';
import { rotateMasterKey } from '#secrets/rotate.js';
import { verify } from '#test/faults/race-entrants.js';
import { addPerson, codeAt, openNeighbours, stepNow } from '#test/faults/race-houses.js';
import { enter, judged, RaceTally } from '#test/faults/run-races.js';

const rotation = {
  rule: 'F44',
  claim: 'a code verified while the master key is replaced is right',
  entrantsMax: 1,
};

/** Of one log: every person's key is wrapped anew while the persons come. */
const personsAtOnce = 64;

export async function raceRotations(log: EventLog, rotations: number): Promise<RaceTally> {
  const tally = new RaceTally();
  for (let done = 0; done < rotations; done += 1) await raceRotation(log, tally);
  return tally;
}

async function raceRotation(log: EventLog, tally: RaceTally): Promise<void> {
  const { sealing } = parseMasterKeys(`new ${randomBytes(32).toString('base64')}`);
  const before: MasterKeys = { ...masterKeys, byId: new Map([...masterKeys.byId, [sealing.id, sealing]]) };
  const after: MasterKeys = { ...before, sealing };
  const store = new InMemoryKeyStore();
  const neighbours = await openNeighbours({ log, houses: 4, store, keysBy: before });
  try {
    const persons = await Promise.all(Array.from({ length: personsAtOnce }, () => addPerson(neighbours)));
    const rotating = rotateMasterKey({ store, masterKeys: after, pageSize: 7 });
    const races = persons.map(async (person, index) => {
      for (let turns = index % 8; turns > 0; turns -= 1) await new Promise(setImmediate);
      const entrant = verify(person, codeAt(person.seed, stepNow));
      const told = await enter(entrant, neighbours.houses[index % 4] as (typeof neighbours.houses)[number]);
      const wrong = () => (told.outcome === 'accepted' ? null : 'a right code is refused');
      return judged(rotation, log, { person, entrants: [entrant], wrong }, [told]);
    });
    for (const { found, told } of await Promise.all(races)) tally.add(found, told);
    const { rewrapped } = await rotating;
    if (rewrapped < personsAtOnce) tally.add([`only ${rewrapped} keys were wrapped anew`], []);
  } finally {
    await neighbours.close();
  }
}
