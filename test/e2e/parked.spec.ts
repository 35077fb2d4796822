// An event that cannot be made into rows, in the log of a service that runs: its stream is set aside and told of, all
// others go on, and what was set aside comes into the rows in its order.

import { randomUUID } from 'node:crypto';

import { afterEach, expect, it } from '@jest/globals';

import { SqliteEventLog } from '#event-log-sqlite/sqlite-event-log.js';
import { tokenIn } from '#test/administrator-token.js';
import { countersign, linesOf } from '#test/e2e/command-line/countersign.js';
import { addUser, ask, type Json, serve, stop } from '#test/e2e/command-line/lived-in.js';
import { endAll, type Server, temporaryDirectory, until } from '#test/e2e/server-process.js';

afterEach(endAll);

const id = 'acme';
const stream = `organization-${id}`;

/** As a service writes them, but for the first, of which no rows can be made. */
async function appendBehind(directory: string): Promise<string> {
  const log = await SqliteEventLog.open({ directory });
  const made = (type: string, data: object) => ({
    id: randomUUID(),
    type,
    data: { ...data },
    metadata: { time: new Date().toISOString(), organization: id, editor: 'a-spec' },
  });
  const { position } = await log.append(stream, [made('org.added', { v: 2, name: 7 })], 'no-stream');
  const after = [
    made('org.added', { v: 2, organizationId: id, name: 'First' }),
    made('org.changed', { v: 1, name: 'Second' }),
    made('org.changed', { v: 1, name: 'Third' }),
  ];
  await log.append(stream, after, 0);
  await log.close();
  return position;
}

async function metricOf(server: Server, projection: string): Promise<number> {
  const { port } = await server.line('metrics');
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const series = `countersign_projection_parked_streams{projection="${projection}"} `;
  const line = text.split('\n').find((one) => one.startsWith(series));
  return Number(line?.slice(series.length));
}

async function organizationsOf(server: Server, token: string): Promise<readonly Json[]> {
  const { result = [] } = await ask(server, { token, path: '/v2/organizations/_search', body: {} });
  return (result as Json[]).map(({ name, ...organization }) => ({ id: organization.id, name }));
}

it('is parked with position, error and attempts, and told of; others go on; skipped, the rest comes in order', async () => {
  const directory = temporaryDirectory();
  await stop(await serve(directory));
  const token = tokenIn(directory);
  const position = await appendBehind(directory);

  const server = await serve(directory);
  await until('the alarm', async () => (await metricOf(server, 'organizations')) === 1, server);
  const troubles = server.lines.filter(({ message }) => message === 'the read models');
  expect(troubles).toContainEqual(
    expect.objectContaining({
      projection: 'organizations',
      reason: expect.stringContaining(`${stream} is parked at ${position}`),
    }),
  );
  const before = await organizationsOf(server, token);
  expect(before.map((one) => one.id)).not.toContain(id);
  const userId = await addUser(server, token, 'Ada');
  expect(await ask(server, { token, path: `/v2/users/${userId}` })).toMatchObject({ status: 200 });
  const added = await ask(server, { token, path: '/v2/organizations', body: { name: 'Other' } });
  expect(await organizationsOf(server, token)).toContainEqual({ id: added.organizationId, name: 'Other' });
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);

  const run = (...words: readonly string[]) =>
    countersign(['projections', ...words, '--json', '--data-dir', directory, '--url', server.url]);
  const [{ parked = [] } = {}] = linesOf(await run('parked', 'organizations'));
  expect(parked).toEqual([
    expect.objectContaining({ stream, position, attempts: 4, error: expect.stringContaining('org.added') }),
  ]);
  const [{ parked: again } = {}] = linesOf(await run('retry', 'organizations', stream));
  expect(again).toMatchObject({ position, attempts: 5 });
  expect(await run('skip', 'organizations', stream, position)).toMatchObject({ code: 0 });
  await until('the end of the alarm', async () => (await metricOf(server, 'organizations')) === 0, server);
  expect(await organizationsOf(server, token)).toContainEqual({ id, name: 'Third' });
}, 120_000);
