import { afterEach, beforeEach, expect, it } from '@jest/globals';

import { SharedTurns } from '#access/shared-turns.js';
import { describeOnPostgres } from '#read-models/testing/describe-on-postgres.js';

describeOnPostgres('turns in PostgreSQL', (server) => {
  let servers: SharedTurns[];
  beforeEach(async () => {
    const url = await server().createDatabase();
    servers = Array.from({ length: 3 }, () => new SharedTurns({ url, onTrouble: () => undefined }));
  });
  afterEach(() => Promise.all(servers.map((turns) => turns.close())));

  it('are had by one at a time, of whichever server', async () => {
    let [inside, most] = [0, 0];
    const doing = async (index: number) => {
      const end = await servers[index % 3]?.take('acme');
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
      end?.();
    };
    await Promise.all(Array.from({ length: 64 }, (_, index) => doing(index)));
    expect({ inside, most }).toEqual({ inside: 0, most: 1 });
  });

  it('of different names wait for nobody', async () => {
    const [one, other] = servers;
    const end = await one?.take('acme');
    const ends = await Promise.all([one?.take('umbrella'), other?.take('initech')]);
    for (const each of [end, ...ends]) each?.();
  });
});
