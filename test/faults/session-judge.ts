// Which sessions may be worth anything, by what the log says and nothing else: a plain count of what was shown for
// each, which takes nothing from the code that decides.

import type { House } from '#application/testing/house.js';
import { ada } from '#application/testing/people.js';
import { logStart, type Position, type RecordedEvent } from '#event-log/event-log.js';
import { eventsPerReadMax } from '#event-log/limits.js';

interface Shown {
  /** Of the user's stream: whatever ends all sessions afterwards ends this one. */
  readonly since: number;
  password: boolean;
  factor: boolean;
}

interface Session {
  createdAt: number;
  expiresAt: number;
  isEnded: boolean;
  tokenHash: string;
}

const longestMs = 86_400_000;
const ofPassword = 'user.human.password.check.succeeded';
const ofTotp = 'user.human.mfa.otp.check.succeeded';
const ofRecoveryCode = 'user.human.mfa.recoverycode.check.succeeded';

export class SessionJudge {
  readonly #sessions = new Map<string, Session>();
  readonly #shown = new Map<string, Shown>();
  readonly #devices = new Set<unknown>();
  readonly #codes = new Set<unknown>();
  readonly #spent = new Set<string>();
  readonly #ends: { readonly at: number; readonly except: unknown }[] = [];
  /** What was accepted a second time. */
  readonly twice: string[] = [];
  #isActive = true;
  #read: Position = logStart;

  async readOn({ parts: { log } }: Pick<House, 'parts'>): Promise<void> {
    for (;;) {
      const asked = { direction: 'forward', after: this.#read, limit: eventsPerReadMax } as const;
      const page = await log.readAll(asked);
      for (const event of page) this.#take(event);
      this.#read = page.at(-1)?.position ?? this.#read;
      if (page.length < eventsPerReadMax) return;
    }
  }

  isLatestToken(sessionId: string, hash: string): boolean {
    return this.#sessions.get(sessionId)?.tokenHash === hash;
  }

  mayBeAuthenticated(sessionId: string, now: number): boolean {
    const session = this.#sessions.get(sessionId);
    const shown = this.#shown.get(sessionId);
    if (session === undefined || shown === undefined || session.isEnded || !this.#isActive) return false;
    if (now >= Math.min(session.expiresAt, session.createdAt + longestMs)) return false;
    if (this.#ends.some(({ at, except }) => at > shown.since && except !== sessionId)) return false;
    return shown.password && (shown.factor || !this.hasFactor);
  }

  get hasFactor(): boolean {
    return this.#devices.size > 0 || this.#codes.size > 0;
  }

  #take(event: RecordedEvent): void {
    if (event.stream === `user-${ada}`) this.#takeOfUser(event);
    else if (event.stream.startsWith('session-')) this.#takeOfSession(event);
  }

  #takeOfUser({ type, data, revision, metadata }: RecordedEvent): void {
    if (typeof metadata.session === 'string') this.#note(metadata.session, type, revision);
    switch (type) {
      case 'user.human.mfa.otp.imported':
        this.#devices.add(data.totpId);
        return;
      case 'user.human.mfa.otp.removed':
        this.#devices.delete(data.totpId);
        return;
      case 'user.human.mfa.recoverycode.added':
        this.#codes.clear();
        for (const { selector } of data.codes as { selector: string }[]) this.#codes.add(selector);
        return;
      case 'user.mfa.reset':
        this.#devices.clear();
        this.#codes.clear();
        this.#ends.push({ at: revision, except: null });
        return;
      case ofTotp:
        this.#spend(`${data.totpId} at step ${data.step}`);
        return;
      case ofRecoveryCode:
        if (!this.#codes.delete(data.selector)) this.twice.push(`recovery code ${data.selector}`);
        return;
      case 'user.sessions.ended':
        this.#ends.push({ at: revision, except: data.except });
        return;
      case 'user.locked':
      case 'user.deactivated':
        this.#ends.push({ at: revision, except: null });
        this.#isActive = false;
        return;
      case 'user.unlocked':
      case 'user.reactivated':
        this.#isActive = true;
    }
  }

  #note(sessionId: string, type: string, revision: number): void {
    const shown = this.#shown.get(sessionId) ?? { since: revision, password: false, factor: false };
    shown.password ||= type === ofPassword;
    shown.factor ||= type === ofTotp || type === ofRecoveryCode;
    this.#shown.set(sessionId, shown);
  }

  #spend(what: string): void {
    if (this.#spent.has(what)) this.twice.push(what);
    this.#spent.add(what);
  }

  #takeOfSession({ stream, type, data, metadata }: RecordedEvent): void {
    const id = stream.slice('session-'.length);
    const at = Date.parse(metadata.time);
    if (type === 'session.added')
      this.#sessions.set(id, { createdAt: at, expiresAt: Infinity, isEnded: false, tokenHash: '' });
    const session = this.#sessions.get(id);
    if (session === undefined) throw new Error(`${type} in a session that was not begun`);
    if (type === 'session.terminated') session.isEnded = true;
    if (type === 'session.token.set') session.tokenHash = String(data.hash);
    if (type === 'session.lifetime.set') session.expiresAt = at + Number(data.lifetimeSeconds) * 1_000;
  }
}
