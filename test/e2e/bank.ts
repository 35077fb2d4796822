// A service that logs people in by cookie, as browsers see it: at a name of its own, beside pages of others, and visited by
// people whose browser keeps cookies.

import { expect } from '@jest/globals';
import type { Browser, BrowserContext, Cookie, Frame, Page } from 'playwright-core';

import { clearOfTurn, codeOf, human, openWorld, type World } from '#test/conformance/world.js';
import { ask } from '#test/e2e/command-line/lived-in.js';
import { Front, type Heard } from '#test/e2e/front.js';
import { endAll, until } from '#test/e2e/server-process.js';

const password = 'correct horse battery staple';
export const ownHost = 'id.bank.example';

/** A service at its own origin, and a second front, whose pages are of whatever host they are asked for. */
export class Bank {
  readonly world: World;
  readonly own: Front;
  readonly other: Front;
  #people = 0;

  private constructor(world: World, own: Front, other: Front) {
    this.world = world;
    this.own = own;
    this.other = other;
  }

  static async open(scheme: 'http' | 'https'): Promise<Bank> {
    const [own, other] = await Promise.all([Front.start(scheme), Front.start(scheme)]);
    const world = await openWorld({
      COUNTERSIGN_EXTERNAL_URL: own.at(ownHost),
      // Which is for pages that bring a token.
      ...(scheme === 'https' && { COUNTERSIGN_CORS_ORIGINS: other.at('app.bank.example') }),
    });
    own.service = new URL(world.server.url);
    return new Bank(world, own, other);
  }

  get origin(): string {
    return this.own.at(ownHost);
  }

  async person(): Promise<Person> {
    this.#people += 1;
    const email = `person-${this.#people}@example.com`;
    const { server, administratorToken: token } = this.world;
    const body = { human: { ...human(email), password: { password } } };
    await ask(server, { token, path: '/v2/users/new', body });
    return { email, password };
  }

  /** How far the log is: whatever is done leaves an event. */
  async head(): Promise<unknown> {
    const { server, administratorToken: token } = this.world;
    const { head } = await ask(server, { token, path: '/countersign/v1/events?limit=1' });
    return head;
  }

  async close(): Promise<void> {
    await Promise.all([this.own.close(), this.other.close()]);
    await endAll();
  }
}

interface Person {
  readonly email: string;
  readonly password: string;
}

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>> | null;
}

/** Of one person, with a page of the service's own origin open. */
export class Visit {
  readonly context: BrowserContext;
  readonly #bank: Bank;
  readonly #page: Page;
  /** Where pages of others are looked at. */
  readonly #elsewhere: Page;

  private constructor(bank: Bank, context: BrowserContext, [page, elsewhere]: readonly [Page, Page]) {
    this.#bank = bank;
    this.context = context;
    this.#page = page;
    this.#elsewhere = elsewhere;
  }

  static async begin(browser: Browser, bank: Bank): Promise<Visit> {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const page = await context.newPage();
    await page.goto(bank.origin);
    return new Visit(bank, context, [page, await context.newPage()]);
  }

  async call(method: 'GET' | 'POST', path: string, body: object | null = null): Promise<Answer> {
    const asked = [method, `/api/auth${path}`, body].map((part) => JSON.stringify(part));
    return (await this.#page.evaluate(`call(${asked.join()})`)) as Answer;
  }

  logIn = (person: Person) => this.call('POST', '/login', person);
  state = () => this.call('GET', '/mfa');

  /** With an app, whose code of the next step is still unused. */
  async enrol(): Promise<{ readonly secret: string; readonly codes: readonly string[] }> {
    const { body: begun } = await this.call('POST', '/mfa/enroll');
    const secret = String(begun?.secret);
    await clearOfTurn();
    const confirmed = await this.call('POST', '/mfa/enroll/confirm', { code: codeOf(secret, -30) });
    expect(confirmed.status).toBe(200);
    return { secret, codes: confirmed.body?.backup_codes as readonly string[] };
  }

  /** What pages can see of cookies. */
  visible = () => this.#page.evaluate('document.cookie');

  async cookie(): Promise<Cookie | undefined> {
    const cookies = await this.context.cookies(this.#bank.origin);
    return cookies.find(({ name }) => name.endsWith('countersign.sid'));
  }

  async put(cookie: Cookie | undefined): Promise<void> {
    if (cookie === undefined) throw new Error('there is no cookie to put');
    await this.context.addCookies([cookie]);
  }

  async look(at: string): Promise<void> {
    await this.#elsewhere.goto(at);
  }

  /** What the service heard of a page that tries, and what the page was told. */
  async attack(from: string, way: string, path = '/logout'): Promise<Attack> {
    const { heard } = this.#bank.own;
    const before = heard.length;
    await this.look(from);
    const frames = () => this.#elsewhere.frames();
    const frame = frames().find((one) => new URL(one.url()).pathname === '/') as Frame;
    const url = `${this.#bank.origin}/api/auth${path}`;
    const told = await frame.evaluate(`attack(${JSON.stringify(way)}, ${JSON.stringify(url)})`);
    await until('what the page sends', () => heard.length > before);
    // What is about to become another page goes nowhere else.
    const isThere = () => frames().some((one) => one.url() === url);
    if (told === 'submitted') await until('what the form leads to', isThere);
    return { told, heard: heard.slice(before).map(briefly) };
  }

  end = () => this.context.close();
}

const briefly = ({ method, headers, status }: Heard): Brief => ({
  method,
  status,
  bringsCookie: headers.cookie?.includes('countersign.sid=') ?? false,
});

export interface Brief {
  readonly method: string;
  readonly status: number;
  readonly bringsCookie: boolean;
}

interface Attack {
  readonly told: unknown;
  readonly heard: readonly Brief[];
}
