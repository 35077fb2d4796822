import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { AddAccessToken } from '#application/access-token/add-access-token.js';
import { answerOf } from '#application/testing/attempt.js';
import { by, organizationId } from '#application/testing/house.js';
import { ada, bob, human, otherId } from '#application/testing/people.js';
import { EraseUser } from '#application/user/erase-user.js';
import { LockUser } from '#application/user/lock-user.js';
import { RemoveUser } from '#application/user/remove-user.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { type AuditPage, type AuditSearch, listAudit } from '#read-models/queries/audit.js';
import { pageMax } from '#read-models/queries/queries.js';
import { answered } from '#read-models/testing/answers.js';
import { login } from '#read-models/testing/begun-session.js';
import { openProjected, type ProjectedHouse } from '#read-models/testing/projected.js';
import { write } from '#read-models/testing/written.js';

let asked: ProjectedHouse;
beforeAll(async () => {
  asked = await openProjected();
  const { house } = asked;
  await answerOf(house, human(ada, 'ada'));
  await answerOf(house, human(bob, 'bob', { organizationId: otherId }));
  const token = { name: 'for the printer', scopes: ['users.read'], expiresAt: null };
  await answerOf(house, new AddAccessToken({ organizationId, userId: ada, ...token, by }));
  await answerOf(house, new LockUser({ organizationId, userId: ada, by }));
});
afterAll(() => asked.close());

const page = (of: OrganizationId, search: Partial<AuditSearch> = {}): Promise<AuditPage> => {
  const everything = { userId: null, before: null, limit: null };
  return answered(asked.ask((sources) => listAudit(of, { ...everything, ...search }, sources)));
};
const types = ({ entries }: AuditPage) => entries.map(({ type }) => type);
const ofAda = ['user.locked', 'user.pat.added', 'user.human.added'];

describe('the audit trail', () => {
  it('tells what happened to a user, the latest first, and by whom', async () => {
    const { entries } = await page(organizationId, { userId: ada });
    expect(entries.map(({ type }) => type)).toEqual(ofAda);
    expect(entries[0]).toEqual({
      position: expect.any(String),
      stream: asked.house.application.userStream(ada),
      revision: 2,
      time: asked.house.clock.now,
      type: 'user.locked',
      editor: by.editor,
      callId: by.callId,
      traceId: by.traceId,
      sessionId: null,
      organizationId,
      data: {},
    });
  });

  it('tells nothing of a user to another organization', async () => {
    expect(types(await page(otherId, { userId: ada }))).toEqual([]);
    expect(types(await page(otherId))).toContain('user.human.added');
    expect(JSON.stringify(await page(otherId))).not.toContain(asked.house.application.userStream(ada));
  });

  it('opens nothing, and tells no hash', async () => {
    const { entries } = await page(organizationId, { userId: ada });
    expect(entries[1]?.data).toMatchObject({ name: 'sealed', hash: 'hashed', scopes: ['users.read'] });
    expect(entries[2]?.data).toMatchObject({
      username: 'sealed',
      usernameKey: 'hashed',
      profile: 'sealed',
      phone: null,
      emailVerified: false,
    });
    const [first] = await asked.rowsOf('audit', 'entries');
    expect(first).toBeDefined();
    expect(JSON.stringify(await asked.rowsOf('audit', 'entries'))).not.toMatch(/for the printer|@example/);
  });

  it('tells in which session something was checked, and lists what a session itself says under its user', async () => {
    const { house } = asked;
    const carol = 'carol' as UserId;
    await answerOf(house, human(carol, 'carol'));
    const stream = house.application.userStream(carol);
    const session = '0198f3a2-0000-7000-8000-0000000000c1';
    const failed = { type: 'user.human.password.check.failed' } as const;
    await write(house, stream, { events: [failed], metadata: { session } });
    const told = async () => (await page(organizationId, { userId: carol })).entries;
    expect((await told())[0]).toMatchObject({ type: failed.type, sessionId: session });
    const ofSession = await login(house, { userId: carol });
    const checked = (await told()).find(({ type }) => type === 'session.user.checked');
    expect(checked).toMatchObject({ sessionId: ofSession, data: { userId: 'sealed', generation: 0 } });
    const added = (await told()).find(({ type }) => type === 'session.added');
    expect(added).toMatchObject({ sessionId: ofSession, data: { userAgent: 'sealed' } });
    expect((await told()).at(-1)).toMatchObject({ type: 'user.human.added', sessionId: null });
  });

  it('goes on from a position, as far back as there is anything', async () => {
    const all = await page(organizationId);
    expect(all.next).toBeNull();
    const one = await page(organizationId, { limit: all.entries.length - 1 });
    expect(one.next).toBe(one.entries.at(-1)?.position);
    const rest = await page(organizationId, { before: one.next });
    expect([...one.entries, ...rest.entries]).toEqual(all.entries);
    expect(rest.next).toBeNull();
  });

  it.each([0, -1, 0.5, pageMax + 1])('has no page of %p entries', async (limit) => {
    const search = { userId: null, before: null, limit };
    expect(await asked.ask((sources) => listAudit(organizationId, search, sources))).toMatchObject({
      refusal: { code: 'page-invalid' },
    });
  });

  it('still tells of who is gone', async () => {
    const gone = 'somebody' as UserId;
    await answerOf(asked.house, human(gone, 'somebody'));
    await answerOf(asked.house, new RemoveUser({ organizationId, userId: gone, by }));
    await answerOf(asked.house, new EraseUser({ organizationId, userId: gone, by }));
    expect(types(await page(organizationId, { userId: gone }))).toEqual([
      'user.erased',
      'user.removed',
      'user.human.added',
    ]);
  });
});
