// Sessions that are begun, changed and ended in whatever order, at once and again, in two processes on one log, while
// factors come and go and the user is locked and let in. After each round every token that was ever given is tried,
// and what it is worth is held against a plain count of the log.

import type { Command } from '@nestjs/cqrs';

import { ResetAttempts } from '#application/attempts/reset-attempts.js';
import { ResetFactors } from '#application/attempts/reset-factors.js';
import type { Caller, Outcome } from '#application/caller.js';
import { GenerateRecoveryCodes } from '#application/recovery-codes/generate-recovery-codes.js';
import { checkSessionToken } from '#application/session/check-session-token.js';
import { DeleteSession } from '#application/session/delete-session.js';
import { addDevice, codeOf, type Device, wrongCodeOf } from '#application/testing/factors.js';
import { by, type House, openHouse, organizationId } from '#application/testing/house.js';
import {
  creating,
  givePassword,
  openLoggingIn,
  password,
  setting,
  wrongPassword,
} from '#application/testing/logins.js';
import { ada, human } from '#application/testing/people.js';
import { sentTo } from '#application/testing/sent.js';
import { RemoveTotp } from '#application/totp/remove-totp.js';
import { DeactivateUser } from '#application/user/deactivate-user.js';
import { LockUser } from '#application/user/lock-user.js';
import { ReactivateUser } from '#application/user/reactivate-user.js';
import { UnlockUser } from '#application/user/unlock-user.js';
import type { SessionId } from '#domain/ids.js';
import { InMemoryEventLog } from '#event-log/in-memory.js';
import { logWith } from '#event-log/log-with.js';
import { hashToken } from '#secrets/token-text.js';
import type { Chance } from '#test/faults/chance.js';
import { SessionJudge } from '#test/faults/session-judge.js';

export interface SessionTally {
  calls: number;
  /** Calls that were sent again. */
  replays: number;
  /** Whose second append failed, done or not. */
  cutShort: number;
  sessions: number;
  /** Looks at what a token is worth. */
  looks: number;
  authenticated: number;
  /** Looks at an authenticated session whose user had a second factor. */
  withFactor: number;
  violations: string[];
}

export const noTally = (): SessionTally => ({
  calls: 0,
  replays: 0,
  cutShort: 0,
  sessions: 0,
  looks: 0,
  authenticated: 0,
  withFactor: 0,
  violations: [],
});

const her = { organizationId, userId: ada, by };
const reason = 'asked for';
const roundsPerTrial = 12;
const callsAtOnceMax = 4;
const waitsMs = [0, 1_000, 30_000, 30_000, 30_000, 3_600_000, 40_000_000];

type Chosen = NonNullable<Parameters<typeof setting>[1]>;

interface Call {
  readonly command: Command<Outcome<unknown, unknown>>;
  /** Nothing that was wrong in it may be accepted. */
  readonly isWrong: boolean;
}

/** One user, from the beginning, for some rounds. */
export async function sessionTrial(chance: Chance, tally: SessionTally): Promise<void> {
  const trial = await Trial.open(chance, tally);
  for (let round = 0; round < roundsPerTrial; round += 1) await trial.round();
  await trial.close();
}

class Trial {
  readonly #chance: Chance;
  readonly #tally: SessionTally;
  readonly #houses: readonly House[];
  readonly #cut: { left: number; when: 'before' | 'after' };
  readonly #judge = new SessionJudge();
  readonly #tokens: string[] = [];
  readonly #ids = new Set<SessionId>();
  readonly #sent: Call[] = [];
  #devices: Device[] = [];
  #codes: readonly string[] = [];

  private constructor(chance: Chance, tally: SessionTally, opened: Pick<Opened, 'houses' | 'cut'>) {
    this.#chance = chance;
    this.#tally = tally;
    this.#houses = opened.houses;
    this.#cut = opened.cut;
  }

  static async open(chance: Chance, tally: SessionTally): Promise<Trial> {
    return new Trial(chance, tally, await openHouses());
  }

  async close(): Promise<void> {
    for (const house of this.#houses) await house.close();
  }

  /** Some calls at once, or one deed of an administrator; then a look at everything. */
  async round(): Promise<void> {
    if (this.#chance.below(3) === 0) await this.#administer();
    else {
      const calls = Array.from({ length: this.#chance.between(1, callsAtOnceMax) }, () => this.#drawCall());
      if (this.#chance.below(4) === 0)
        Object.assign(this.#cut, { left: 1, when: this.#chance.pick(['before', 'after']) });
      await Promise.all(calls.map((call) => this.#send(call)));
      this.#cut.left = 0;
    }
    await this.#look();
    this.#house.clock.now += this.#chance.pick(waitsMs);
  }

  get #house(): House {
    return this.#chance.pick(this.#houses);
  }

  #drawCall(): Call {
    if (this.#sent.length > 0 && this.#chance.below(4) === 0) {
      this.#tally.replays += 1;
      return this.#chance.pick(this.#sent);
    }
    const call = this.#draw();
    this.#sent.push(call);
    return call;
  }

  #draw(): Call {
    const ids = [...this.#ids];
    const what = ids.length === 0 ? 0 : this.#chance.below(8);
    if (what === 7)
      return { command: new DeleteSession({ sessionId: this.#chance.pick(ids), by }), isWrong: false };
    const { shown, isWrong } = this.#drawShown();
    const user = this.#chance.pick([{ userId: ada }, { loginName: 'ada' }, null]);
    const chosen = { ...shown, by: this.#drawCaller() };
    if (what < 3) return { command: creating(user, chosen), isWrong };
    return { command: setting(this.#chance.pick(ids), { ...chosen, user }), isWrong };
  }

  #drawCaller(): Caller {
    return this.#chance.below(2) === 0
      ? by
      : sentTo(this.#house, { key: `key-${this.#tally.calls}-${this.#sent.length}` });
  }

  #drawShown(): { readonly shown: Chosen; readonly isWrong: boolean } {
    const shown: { -readonly [Name in 'password' | 'totpCode' | 'recoveryCode']?: string } = {};
    let isWrong = false;
    const draw = (name: keyof typeof shown, right: string | null, wrong: string) => {
      const drawn = this.#chance.below(8);
      if (drawn < 3) return;
      const isRight = drawn < 7 && right !== null;
      isWrong ||= !isRight;
      shown[name] = isRight ? right : wrong;
    };
    draw('password', password, wrongPassword);
    const device = this.#devices.length === 0 ? null : this.#chance.pick(this.#devices);
    const house = this.#house;
    if (this.#chance.below(2) === 0)
      draw(
        'totpCode',
        device && codeOf(house, device),
        device === null ? '123456' : wrongCodeOf(house, device),
      );
    else
      draw(
        'recoveryCode',
        this.#codes.length === 0 ? null : this.#chance.pick(this.#codes),
        '7KAB-CDEF-GHJK-MNPQ',
      );
    return { shown, isWrong };
  }

  async #send({ command, isWrong }: Call): Promise<void> {
    this.#tally.calls += 1;
    try {
      const outcome = await this.#house.run(command);
      if (outcome.kind === 'rejected') return;
      if (isWrong) this.#tally.violations.push('what was wrong was accepted');
      this.#keep(outcome.answer as { sessionId?: SessionId; token?: string | null } | null);
    } catch (error) {
      if (!(error instanceof CutShort)) throw error;
      this.#tally.cutShort += 1;
    }
  }

  #keep(answer: { readonly sessionId?: SessionId; readonly token?: string | null } | null): void {
    if (answer?.sessionId !== undefined && !this.#ids.has(answer.sessionId)) {
      this.#ids.add(answer.sessionId);
      this.#tally.sessions += 1;
    }
    if (typeof answer?.token === 'string') this.#tokens.push(answer.token);
  }

  async #administer(): Promise<void> {
    const house = this.#house;
    const [device] = this.#devices;
    const deeds: (() => Promise<unknown>)[] = [
      async () => this.#devices.push(await addDevice(house, ada)),
      async () => this.#devices.push(await addDevice(house, ada)),
      async () => {
        const made = await house.run(new GenerateRecoveryCodes({ ...her, count: 2 }));
        if (made.kind === 'accepted') this.#codes = made.answer.codes ?? [];
      },
      async () => {
        await house.run(new ResetFactors({ ...her, reason }));
        this.#devices = [];
      },
      () => house.run(new ResetAttempts({ ...her, reason })),
      () => house.run(new LockUser(her)),
      () => house.run(new UnlockUser(her)),
      () => house.run(new UnlockUser(her)),
      () => house.run(new DeactivateUser(her)),
      () => house.run(new ReactivateUser(her)),
      () => house.run(new ReactivateUser(her)),
      () => this.#removeDevice(house, device),
    ];
    const isFull = this.#devices.length >= 3;
    await this.#chance.pick(isFull ? deeds.slice(2) : deeds)();
  }

  /** In a session, now and then, which goes on where the others are ended. */
  async #removeDevice(house: House, device: Device | undefined): Promise<void> {
    if (device === undefined) return;
    const ids = [...this.#ids];
    const session = ids.length === 0 ? null : this.#chance.pick(ids);
    const chosen = { byAdministrator: true, endOtherSessions: this.#chance.below(2) === 0 };
    await house.run(new RemoveTotp({ ...her, by: { ...by, session }, totpId: device.totpId, ...chosen }));
    this.#devices = this.#devices.filter((other) => other !== device);
  }

  async #look(): Promise<void> {
    const house = this.#house;
    await this.#judge.readOn(house);
    this.#tally.violations.push(...this.#judge.twice.splice(0).map((what) => `${what} was accepted twice`));
    for (const token of this.#tokens) await this.#lookAt(house, token);
  }

  async #lookAt(house: House, token: string): Promise<void> {
    const { secrets } = house.parts;
    const parsed = secrets.parseSessionToken(token);
    if (parsed === null) throw new Error('a token was given that is none');
    const found = await checkSessionToken(house.application, token);
    this.#tally.looks += 1;
    const { sessionId } = parsed;
    if (found !== null && !this.#judge.isLatestToken(sessionId, hashToken(parsed.secret)))
      this.#tally.violations.push('a token opens that was replaced');
    if (found?.assurance.level !== 'authenticated') return;
    this.#tally.authenticated += 1;
    if (this.#judge.hasFactor) this.#tally.withFactor += 1;
    if (!this.#judge.mayBeAuthenticated(sessionId, house.clock.now))
      this.#tally.violations.push('a session is authenticated with something missing');
  }
}

class CutShort extends Error {
  override readonly name = 'CutShort';
}

interface Opened {
  readonly houses: readonly House[];
  readonly cut: { left: number; when: 'before' | 'after' };
}

/** Two processes on one log, of which the append to a session fails where it is told to. */
async function openHouses(): Promise<Opened> {
  const cut: Opened['cut'] = { left: 0, when: 'before' };
  const whole = new InMemoryEventLog();
  const log = logWith(whole, {
    append: async (stream, events, expected) => {
      const isCut = stream.startsWith('session-') && cut.left > 0;
      if (!isCut) return whole.append(stream, events, expected);
      cut.left -= 1;
      if (cut.when === 'after') await whole.append(stream, events, expected);
      throw new CutShort();
    },
  });
  const house = await openLoggingIn({ log, soleWriter: false });
  await house.run(human(ada, 'ada'));
  await givePassword(house, ada);
  const other = await openHouse({ ...house.parts, clockAt: house.clock });
  return { houses: [house, other], cut };
}
