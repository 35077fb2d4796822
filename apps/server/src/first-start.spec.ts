import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, it } from '@jest/globals';

import { checkAccessToken } from '#application/access-token/check-token.js';
import { Blown, type Fuse, failingLog, never } from '#application/testing/failing.js';
import { type House, openHouse } from '#application/testing/house.js';
import { realSecrets } from '#application/testing/secrets.js';
import { InMemoryEventLog } from '#event-log/in-memory.js';
import { finishFirstStart } from '#server/first-start.js';
import type { Log } from '#server/log.js';

const scratch = mkdtempSync(join(tmpdir(), 'countersign-first-start-'));
afterAll(() => rmSync(scratch, { recursive: true }));

interface Line {
  readonly fields: Record<string, unknown>;
  readonly text: string;
}

function start(house: House, dataDirectory: string, lines: Line[] = []): Promise<void> {
  const log = {
    warn: (fields: Line['fields'], text: string) => lines.push({ fields, text }),
  } as unknown as Log;
  const bus = { execute: house.run } as Parameters<typeof finishFirstStart>[0]['bus'];
  return finishFirstStart({ application: house.application, bus, dataDirectory, log });
}

async function administratorOf(house: House, dataDirectory: string) {
  const token = readFileSync(join(dataDirectory, 'admin.token'), 'utf8').trim();
  const checked = await checkAccessToken(house.application, token);
  const { state } = await house.application.instance.streams.current('instance');
  const members = state.status === 'ready' ? state.members : [];
  return { token, checked, members };
}

it('an instance, an organization, an administrator and its token are made, and the token is told to nobody', async () => {
  const house = await openHouse();
  const directory = mkdtempSync(join(scratch, 'data-'));
  const lines: Line[] = [];
  await start(house, directory, lines);
  const { token, checked, members } = await administratorOf(house, directory);
  expect(checked).toMatchObject({ scopes: ['all'] });
  expect(members).toEqual([{ userId: checked?.userId, roles: ['INSTANCE_OWNER'] }]);
  expect(statSync(join(directory, 'admin.token')).mode & 0o777).toBe(0o600);
  expect(JSON.stringify(lines)).toContain(join(directory, 'admin.token'));
  expect(JSON.stringify(lines)).not.toContain(token.slice(3, 40));
  await house.close();
});

it('a second start changes nothing', async () => {
  const house = await openHouse();
  const directory = mkdtempSync(join(scratch, 'data-'));
  await start(house, directory);
  const [head, token] = [await house.parts.log.head(), readFileSync(join(directory, 'admin.token'))];
  await start(await house.another(), directory);
  expect(await house.parts.log.head()).toBe(head);
  expect(readFileSync(join(directory, 'admin.token'))).toEqual(token);
  await house.close();
});

it('of two servers that start at once one makes an administrator, and the other leaves nothing behind', async () => {
  const house = await openHouse({ soleWriter: false });
  const directories = [0, 1].map(() => mkdtempSync(join(scratch, 'data-')));
  const other = await house.another();
  await Promise.all([start(house, directories[0] as string), start(other, directories[1] as string)]);
  const made = directories.filter((directory) => readdirSync(directory).length > 0);
  expect(made).toHaveLength(1);
  const { checked, members } = await administratorOf(house, made[0] as string);
  expect(members).toEqual([{ userId: checked?.userId, roles: ['INSTANCE_OWNER'] }]);
  await Promise.all([house.close(), other.close()]);
});

/** Every append and every read of a first start, and some beyond, at which nothing is cut. */
const cuts = Array.from({ length: 40 }, (_, index) => index + 1);

it.each(['before', 'after'] as const)(
  'cut short %s any call to the log, it is finished by the next start: one organization, one administrator, one token',
  async (when) => {
    let blown = 0;
    for (const left of cuts) {
      const [log, secrets] = [new InMemoryEventLog(), await realSecrets()];
      const fuse: Fuse = { left, when };
      const directory = mkdtempSync(join(scratch, 'data-'));
      const cut = await openHouse({ log: failingLog(log, fuse), secrets });
      const failure: unknown = await start(cut, directory).catch((error: unknown) => error);
      blown += failure instanceof Blown ? 1 : 0;
      fuse.left = never;
      const next = await openHouse({ log, secrets });
      await start(next, directory);
      const { checked, members } = await administratorOf(next, directory);
      expect(members).toEqual([{ userId: checked?.userId, roles: ['INSTANCE_OWNER'] }]);
      const { state } = await next.application.accounts.streams.current(checked?.userStream ?? '');
      expect(state.accessTokens).toHaveLength(1);
      const events = await log.readAll({ direction: 'backward', before: 'end', limit: 100 });
      expect(events.filter(({ type }) => type === 'org.added')).toHaveLength(1);
      expect(events.filter(({ type }) => type === 'user.machine.added')).toHaveLength(1);
      expect(readdirSync(directory)).toEqual(['admin.token']);
      await Promise.all([cut.close(), next.close()]);
    }
    expect(blown).toBeGreaterThan(10);
  },
);
