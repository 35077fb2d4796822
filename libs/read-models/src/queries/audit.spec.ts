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
import { openProjected, type ProjectedHouse } from '#read-models/testing/projected.js';

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
