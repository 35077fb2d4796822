// A hook over a log in memory, with everything around it in the hands of the spec.

import type { HookTold } from '#delivery-hook/delivering.js';
import { DeliveryHook, type DeliveryHookOptions } from '#delivery-hook/delivery-hook.js';
import { NoticeWriter, type NoticeWriterOptions } from '#delivery-hook/notice-writer.js';
import type { GivenUp } from '#delivery-hook/progress.js';
import type { ProgressStore } from '#delivery-hook/progress-store.js';
import type { Delivery, Failure, Sent } from '#delivery-hook/send.js';
import type { AccountEvent } from '#domain/account/events.js';
import type { LoginKey, Sealed, TotpId } from '#domain/ids.js';
import { defaultSettings } from '#domain/organization/settings.js';
import { acme, parameters } from '#domain/testing/factors.js';
import type { TotpEvent } from '#domain/totp/events.js';
import { type DomainEvent, encodeEvent } from '#event-catalog/catalogue.js';
import type { EventLog } from '#event-log/event-log.js';
import { InMemoryEventLog } from '#event-log/in-memory.js';
import { newId } from '#secrets/ids.js';

/** Kept in memory; what one hook left is what the next one finds. */
class ProgressInMemory implements ProgressStore {
  text: string | null = null;
  writes = 0;
  failing: Error | null = null;

  async begin(text: string): Promise<string> {
    this.text ??= text;
    return this.text;
  }

  async claim(): Promise<string> {
    return this.text ?? '';
  }

  async write(text: string): Promise<void> {
    if (this.failing !== null) throw this.failing;
    this.writes += 1;
    this.text = text;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** In the form of what is sealed, and open to everybody. */
export const seal = (text: string): Sealed =>
  `1.test.${Buffer.from(text.padEnd(40)).toString('base64url')}` as Sealed;
export const opened = (sealed: Sealed): string =>
  Buffer.from(sealed.slice('1.test.'.length), 'base64url').toString().trimEnd();

export const device = (number: number) => `device ${number}` as TotpId;
export const imported = (number: number): TotpEvent => ({
  type: 'user.human.mfa.otp.imported',
  totpId: device(number),
  name: null,
  secret: seal('a secret'),
  parameters,
});

export interface Tried {
  readonly id: string;
  readonly userId: string;
  readonly type: string;
  readonly body: string;
}

type Sending = (tried: Tried, until: AbortSignal) => Sent | Promise<Sent>;

export const taken: Sent = { status: 'delivered' };
export const notTaken: Sent = { status: 'failed', reason: 'status', code: 503 };

/** Until the hook cuts it off. */
export const stuck: Sending = (_, cut) =>
  new Promise((settle) => cut.addEventListener('abort', () => settle(notTaken), { once: true }));

export class HookHouse {
  readonly log: EventLog = new InMemoryEventLog();
  readonly store = new ProgressInMemory();
  readonly tried: Tried[] = [];
  readonly delivered: string[] = [];
  readonly failed: Failure[] = [];
  readonly givenUp: GivenUp[] = [];
  readonly troubles: unknown[] = [];
  begunAnew = 0;
  now = Date.UTC(2030, 0, 2);
  sending: Sending = () => taken;
  hook: DeliveryHook | null = null;

  async open(otherwise: Partial<DeliveryHookOptions & NoticeWriterOptions> = {}): Promise<DeliveryHook> {
    this.hook = await DeliveryHook.open({
      log: this.log,
      store: this.store,
      soleWriter: true,
      inTurn: (deliver, until) => deliver(until),
      writer: new NoticeWriter({
        log: this.log,
        settingsOf: () => defaultSettings,
        open: async ({ sealed }) => opened(sealed),
        clock: () => this.now,
        ...otherwise,
      }),
      send: (delivery, until) => this.#send(delivery, until),
      clock: () => this.now,
      waitAfter: () => 1,
      onBegunAnew: () => {
        this.begunAnew += 1;
      },
      ...this.#told(),
      ...otherwise,
    });
    return this.hook;
  }

  async close(): Promise<void> {
    await this.hook?.close();
    this.hook = null;
  }

  /** A user of this name, whose id says it. */
  add(user: string): Promise<string> {
    const [sealed, hashed] = [seal(user), 'k'.repeat(43) as LoginKey];
    return this.append(`user-${user}`, {
      type: 'user.machine.added',
      userId: sealed,
      organizationId: acme,
      username: sealed,
      usernameKey: hashed,
      profile: sealed,
    });
  }

  /** Makes one notice. */
  enrol(user: string, number: number): Promise<string> {
    return this.append(`user-${user}`, imported(number));
  }

  /** Answers the id of the event. */
  async append(stream: string, event: DomainEvent | AccountEvent, metadata = {}): Promise<string> {
    const page = await this.log.readStream(stream, { direction: 'backward', from: 'end', limit: 1 });
    const last = page.status === 'found' ? page.events[0] : undefined;
    const id = newId();
    const time = new Date(this.now).toISOString();
    const written = { id, ...encodeEvent(event), metadata: { time, ...metadata } };
    await this.log.append(stream, [written], last?.revision ?? 'no-stream');
    return id;
  }

  #told(): HookTold {
    return {
      onDelivered: ({ id }) => this.delivered.push(id),
      onFailed: (_, { reason }) => this.failed.push(reason),
      onGivenUp: (givenUp) => this.givenUp.push(givenUp),
      onTrouble: (error) => this.troubles.push(error),
    };
  }

  async #send({ id, body }: Delivery, until: AbortSignal): Promise<Sent> {
    const { userId, type } = JSON.parse(body) as { userId: string; type: string };
    const tried = { id, userId, type, body };
    this.tried.push(tried);
    return this.sending(tried, until);
  }
}

/** Until it is so; the test's own time limit ends it otherwise. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 2));
}
