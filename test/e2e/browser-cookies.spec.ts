// The cookie of mfa-enroll as a browser keeps and sends it: what its own pages do with it, what pages of others cannot, and
// that neither a planted nor an old value is worth anything.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { codeOf } from '#test/conformance/world.js';
import { Bank, ownHost, Visit } from '#test/e2e/bank.js';
import { describeInBrowser } from '#test/e2e/browser.js';

/** Whose page it is, and whether the browser sends the cookie along. */
const pages: readonly (readonly [title: string, from: (bank: Bank) => string, bringsCookie: boolean])[] = [
  ['of another site', ({ other }) => other.at('evil.test'), false],
  ['of a neighbour', ({ other }) => other.at('blog.bank.example'), true],
  ['of a neighbour that may call with a token', ({ other }) => other.at('app.bank.example'), true],
  ['of another port', ({ other }) => other.at(ownHost), true],
  ['of ours in a sandbox', ({ origin }) => `${origin}/framed`, false],
];

/** What the page is told, and what the service answers with the cookie and without. */
const ways: readonly (readonly [way: string, told: string, withCookie: number, without: number])[] = [
  ['a fetch', 'sent', 403, 401],
  ['a fetch of bytes', 'sent', 403, 415],
  ['a beacon', 'sent', 403, 415],
  ['a form', 'submitted', 403, 415],
  ['a form of text', 'submitted', 403, 415],
];

describeInBrowser('the cookie of a session, behind https', (browser) => {
  let bank: Bank;
  let visit: Visit;
  beforeAll(async () => {
    bank = await Bank.open('https');
  }, 60_000);
  afterAll(() => bank.close(), 60_000);
  describe('in a browser that has none', () => {
    beforeEach(async () => {
      visit = await Visit.begin(browser(), bank);
    });
    afterEach(() => visit.end());

    it('is kept to its very host, to https, and from scripts', async () => {
      expect(await visit.logIn(await bank.person())).toEqual({ status: 200, body: { mfa_required: false } });
      expect(await visit.cookie()).toMatchObject({
        name: '__Host-countersign.sid',
        // Without a dot before it, no other host is sent it.
        domain: ownHost,
        path: '/',
        expires: -1,
        httpOnly: true,
        secure: true,
        sameSite: 'Lax',
      });
      expect(await visit.visible()).toBe('');
      expect((await visit.state()).status).toBe(200);
    });

    it('is another one with each login and each factor shown, and old ones are refused', async () => {
      const her = await bank.person();
      await visit.logIn(her);
      const { secret } = await visit.enrol();
      expect(await visit.state()).toMatchObject({ status: 200, body: { enabled: true } });
      const first = await visit.cookie();
      expect((await visit.call('POST', '/logout')).status).toBe(204);
      expect(await visit.cookie()).toBeUndefined();
      expect(await visit.logIn(her)).toEqual({ status: 200, body: { mfa_required: true } });
      const begun = await visit.cookie();
      expect((await visit.state()).status).toBe(403);
      const verified = await visit.call('POST', '/mfa/verify', { code: codeOf(secret) });
      expect(verified).toEqual({ status: 200, body: { verified: true } });
      const complete = await visit.cookie();
      expect((await visit.state()).status).toBe(200);
      expect(new Set([first, begun, complete].map((cookie) => cookie?.value)).size).toBe(3);
      for (const old of [first, begun]) {
        await visit.put(old);
        expect((await visit.state()).status).toBe(401);
      }
      await visit.put(complete);
      expect((await visit.call('POST', '/logout')).status).toBe(204);
      await visit.put(complete);
      expect((await visit.state()).status).toBe(401);
    });

    describe('where one was planted', () => {
      afterEach(() => {
        bank.other.cookies = [];
      });

      it("that is somebody else's session, gives place to an own one", async () => {
        await visit.logIn(await bank.person());
        const planted = await visit.cookie();
        await visit.logIn(await bank.person());
        expect((await visit.cookie())?.value).not.toBe(planted?.value);
        await visit.enrol();
        const own = await visit.cookie();
        await visit.put(planted);
        expect(await visit.state()).toMatchObject({ status: 200, body: { enabled: false } });
        await visit.put(own);
        expect(await visit.state()).toMatchObject({ status: 200, body: { enabled: true } });
      });

      it('by a neighbour for the whole domain, is not kept under its name, and under another not looked at', async () => {
        await visit.logIn(await bank.person());
        const own = await visit.cookie();
        const planted = (name: string) => `${name}=planted; Domain=bank.example; Path=/; Secure`;
        bank.other.cookies = [planted('__Host-countersign.sid'), planted('countersign.sid')];
        await visit.look(bank.other.at('blog.bank.example'));
        const kept = await visit.context.cookies(bank.origin);
        expect(kept.map(({ name, value }) => [name, value])).toEqual(
          expect.arrayContaining([
            ['__Host-countersign.sid', own?.value],
            ['countersign.sid', 'planted'],
          ]),
        );
        expect(kept).toHaveLength(2);
        expect((await visit.state()).status).toBe(200);
      });

      it('by another port of the very host, is nobody, and gives place to an own one', async () => {
        const her = await bank.person();
        await visit.logIn(her);
        bank.other.cookies = ['__Host-countersign.sid=css_planted; Path=/; Secure'];
        await visit.look(bank.other.at(ownHost));
        expect(await visit.cookie()).toMatchObject({ value: 'css_planted' });
        expect((await visit.state()).status).toBe(401);
        await visit.logIn(her);
        expect((await visit.cookie())?.value).not.toBe('css_planted');
        expect((await visit.state()).status).toBe(200);
      });
    });
  });

  describe('with a page', () => {
    beforeAll(async () => {
      visit = await Visit.begin(browser(), bank);
      await visit.logIn(await bank.person());
    });
    afterAll(() => visit.end());

    async function unchanged(run: () => Promise<void>): Promise<void> {
      const before = [await visit.cookie(), await bank.head()];
      await run();
      expect([await visit.cookie(), await bank.head()]).toEqual(before);
      expect((await visit.state()).status).toBe(200);
    }

    it.each(pages)('%s changes nothing', async (_, from, bringsCookie) => {
      await unchanged(async () => {
        for (const [way, told, withCookie, without] of ways) {
          const status = bringsCookie ? withCookie : without;
          const heard = [{ method: 'POST', status, bringsCookie }];
          expect([way, await visit.attack(from(bank), way)]).toEqual([way, { told, heard }]);
        }
      });
    });

    it.each(pages)('%s begins no app, and logs nobody in', async (_, from, bringsCookie) => {
      await unchanged(async () => {
        const begun = await visit.attack(from(bank), 'a fetch', '/mfa/enroll');
        const status = bringsCookie ? 403 : 401;
        expect(begun).toEqual({ told: 'sent', heard: [{ method: 'POST', status, bringsCookie }] });
        // The browser asks whether it may send JSON, and does not.
        const { told, heard } = await visit.attack(from(bank), 'a fetch of JSON', '/login');
        expect([told, heard.map(({ method }) => method)]).toEqual(['TypeError', ['OPTIONS']]);
      });
    });

    it.each(pages)('%s is shown nothing', async (_, from, bringsCookie) => {
      await unchanged(async () => {
        const status = bringsCookie ? 200 : 401;
        const heard = [{ method: 'GET', status, bringsCookie }];
        expect(await visit.attack(from(bank), 'a fetch to read', '/mfa')).toEqual({
          told: 'TypeError',
          heard,
        });
      });
    });

    it('of ours changes what it asks for, but not by a form', async () => {
      const brief = { method: 'POST', bringsCookie: true };
      await unchanged(async () => {
        for (const way of ['a form', 'a form of text'])
          expect(await visit.attack(bank.origin, way)).toMatchObject({ heard: [{ ...brief, status: 415 }] });
      });
      const begun = await visit.attack(bank.origin, 'a fetch', '/mfa/enroll');
      expect(begun).toMatchObject({ heard: [{ ...brief, status: 200 }] });
      expect(await visit.attack(bank.origin, 'a fetch')).toMatchObject({
        heard: [{ ...brief, status: 204 }],
      });
      expect((await visit.state()).status).toBe(401);
    });
  });
});

describeInBrowser('the cookie of a session, in the clear', (browser) => {
  let bank: Bank;
  let visit: Visit;
  beforeAll(async () => {
    bank = await Bank.open('http');
  }, 60_000);
  afterAll(() => bank.close(), 60_000);
  beforeEach(async () => {
    visit = await Visit.begin(browser(), bank);
    await visit.logIn(await bank.person());
  });
  afterEach(() => visit.end());

  it('is kept from scripts, and from other hosts', async () => {
    expect(await visit.cookie()).toMatchObject({
      name: 'countersign.sid',
      domain: ownHost,
      httpOnly: true,
      secure: false,
      sameSite: 'Lax',
    });
    expect(await visit.visible()).toBe('');
  });

  it('goes by the origin of a page, where the browser says no more', async () => {
    for (const [from, status, bringsCookie] of [
      [bank.other.at('evil.test'), 401, false],
      [bank.other.at('blog.bank.example'), 403, true],
      [bank.other.at(ownHost), 403, true],
      [bank.origin, 204, true],
    ] as const) {
      const heard = [{ method: 'POST', status, bringsCookie }];
      expect([from, await visit.attack(from, 'a fetch')]).toEqual([from, { told: 'sent', heard }]);
    }
    expect(bank.own.heard.filter(({ headers }) => 'sec-fetch-site' in headers)).toEqual([]);
  });

  it('is none where a neighbour planted another one for the whole domain', async () => {
    expect((await visit.state()).status).toBe(200);
    bank.other.cookies = ['countersign.sid=css_planted; Domain=bank.example; Path=/'];
    await visit.look(bank.other.at('blog.bank.example'));
    expect((await visit.state()).status).toBe(401);
  });
});
