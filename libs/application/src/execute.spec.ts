import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ResetAttempts } from '#application/attempts/reset-attempts.js';
import { AddOrganization } from '#application/organization/add-organization.js';
import { DeactivateOrganization } from '#application/organization/deactivate-organization.js';
import { addPerson, pastOf } from '#application/testing/factors.js';
import { type HeldLog, heldLog } from '#application/testing/held-log.js';
import { by, type House, openHouse, organizationId } from '#application/testing/house.js';
import { write } from '#application/testing/letters.js';
import { realSecrets } from '#application/testing/secrets.js';
import * as typing from '#application/testing/typists.js';
import { eventsIn, refuse, stream, textIn, type, typist } from '#application/testing/typists.js';
import { LockUser } from '#application/user/lock-user.js';
import { UnlockUser } from '#application/user/unlock-user.js';
import { acceptWith, reject } from '#domain/decider.js';
import type { UserId } from '#domain/ids.js';
import { outcomeUnknown, unavailable } from '#event-log/errors.js';
import type { EventLog, NewEvent } from '#event-log/event-log.js';
import { InMemoryEventLog } from '#event-log/in-memory.js';
import { logWith } from '#event-log/log-with.js';

const reason = 'asked for by telephone';
const reset = (house: House, userId: UserId) =>
  house.run(new ResetAttempts({ organizationId, userId, reason, by }));
const contended = { kind: 'rejected', refusal: { code: 'contended' } };

let log: InMemoryEventLog;
let held: HeldLog;
beforeEach(() => {
  log = new InMemoryEventLog();
  held = heldLog(log);
});

describe('what a command tells', () => {
  it('is how many events the stream has, when it was changed last, whose it is, and the answer', async () => {
    const { clock, run } = typist(log);
    await run(type('ab'));
    clock.now += 5_000;
    expect(await run(type('c'))).toEqual({
      kind: 'accepted',
      details: { sequence: 3, changeDate: clock.now, resourceOwner: 'acme' },
      answer: 'ab',
    });
  });

  it('is when the stream was changed last, where it changed nothing', async () => {
    const { clock, run } = typist(log);
    const changeDate = clock.now;
    await run(type('ab'));
    clock.now += 5_000;
    expect(await run((state) => acceptWith(state))).toEqual({
      kind: 'accepted',
      details: { sequence: 2, changeDate, resourceOwner: 'acme' },
      answer: 'ab',
    });
  });

  it('is a refusal only after what it comes with is in the log', async () => {
    const refused = await typist(log).run(() => reject('no', 'x'));
    expect(refused).toEqual({ kind: 'rejected', refusal: 'no' });
    expect(await textIn(log)).toBe('x');
  });

  it('is who, when, for whom and by which call, in each event', async () => {
    const { clock, run } = typist(log);
    clock.now += 7;
    await run(type('ab'));
    const time = '2030-01-01T00:00:00.007Z';
    const metadata = { time, organization: 'acme', editor: 'typist', call: 'call' };
    expect((await eventsIn(log)).map((event) => event.metadata)).toEqual([metadata, metadata]);
    clock.now += 1;
    await run(type('c'), { by: { ...typing.by, traceId: 'trace' }, resourceOwner: 'umbrella' });
    expect((await eventsIn(log)).at(-1)?.metadata).toEqual({
      ...metadata,
      time: '2030-01-01T00:00:00.008Z',
      organization: 'umbrella',
      trace: 'trace',
    });
  });

  it('is never a yes where the log took nothing, and what is at hand stays', async () => {
    let down = false;
    const failing = logWith(log, {
      append: async (...asked) => {
        if (down) throw unavailable('it is away');
        return log.append(...asked);
      },
    });
    const { run, seen } = typist(failing);
    await run(type('a'));
    down = true;
    await expect(run(type('b'))).rejects.toMatchObject({ code: 'unavailable' });
    down = false;
    await run(type('c'));
    expect(seen).toEqual(['', 'a', 'a']);
    expect(await textIn(log)).toBe('ac');
  });
});

describe('an append whose outcome is not known', () => {
  const appends: { events: readonly NewEvent[]; expected: unknown }[] = [];
  /** What becomes of the appends, one after the other; they succeed from then on. */
  const failing = (...fates: readonly ((write: () => Promise<unknown>) => Promise<unknown>)[]): EventLog => {
    appends.length = 0;
    return logWith(held, {
      append: async (to, events, expected) => {
        const fate = fates[appends.length];
        appends.push({ events, expected });
        await fate?.(() => log.append(to, events, expected));
        return log.append(to, events, expected);
      },
    });
  };
  const lost = async () => Promise.reject(outcomeUnknown('no answer came'));
  const untold = async (write: () => Promise<unknown>) => write().then(lost);
  const away = async () => Promise.reject(unavailable('it is away'));
  const overtaken = async () => write(log, stream, 'x').then(lost);

  it.each([
    ['written and not told', [untold]],
    ['not written', [lost]],
    ['not written, then written and not told', [lost, untold]],
    ['written and not told, by a log that is away then', [untold, away]],
  ])('becomes one append, by the same ids, and the answer is the first one: %s', async (_, fates) => {
    const { run, seen, streams } = typist(failing(...fates));
    expect(await run(type('ab'))).toMatchObject({ kind: 'accepted', details: { sequence: 2 }, answer: '' });
    expect(seen).toEqual(['']);
    expect(await textIn(log)).toBe('ab');
    expect(appends).toHaveLength(1 + fates.length);
    expect(new Set(appends.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(streams.trusted).toBe(true);
  });

  it('is decided anew where another append took its place', async () => {
    const { run, seen } = typist(failing(overtaken));
    expect(await run(type('ab'))).toMatchObject({ details: { sequence: 3 }, answer: 'x' });
    expect(seen).toEqual(['', 'x']);
    expect(await textIn(log)).toBe('xab');
  });

  it('is told as such when the log stays away, and from then on nothing at hand is trusted', async () => {
    const { run, seen, streams } = typist(failing(lost, away, lost, away, away));
    await write(log, 'text-2', 'k');
    await run(refuse, { stream: 'text-2' });
    await expect(run(type('ab'))).rejects.toMatchObject({
      code: 'outcome-unknown',
      cause: { code: 'unavailable' },
    });
    expect(appends).toHaveLength(5);
    expect(streams.trusted).toBe(false);
    await run(refuse);
    await log.append(stream, appends[0]?.events ?? [], 'no-stream');
    expect(await run(refuse)).toEqual({ kind: 'rejected', refusal: 'saw ab' });
    await write(log, 'text-2', 'l');
    expect(await run(refuse, { stream: 'text-2' })).toEqual({ kind: 'rejected', refusal: 'saw kl' });
    expect(seen.slice(0, 2)).toEqual(['k', '']);
  });
});

describe('a change of an organization that is written after its caller was told that nobody knows', () => {
  it('holds for its users from then on', async () => {
    let late: (() => Promise<unknown>) | null = null;
    const hanging = logWith(log, {
      append: async (to, events, expected) => {
        if (events[0]?.type !== 'org.deactivated') return log.append(to, events, expected);
        late = () => log.append(to, events, expected);
        throw outcomeUnknown('no answer came');
      },
    });
    const house = await openHouse({ log: hanging });
    await house.run(new AddOrganization({ organizationId, name: 'Acme', by }));
    await expect(house.run(new DeactivateOrganization({ organizationId, by }))).rejects.toThrow('unknown');
    expect(await house.application.surroundings.of(organizationId)).toMatchObject({ organization: 'active' });
    await (late as unknown as () => Promise<unknown>)();
    expect(await house.application.surroundings.of(organizationId)).toMatchObject({
      organization: 'inactive',
    });
    await house.close();
  });
});

describe('a command that another process came before', () => {
  it('is decided again with what is known then, at the time that it is then', async () => {
    const { run, seen, clock } = typist(log);
    const started = clock.now;
    await run(type('a'));
    await write(log, stream, 'x');
    const times: number[] = [];
    const outcome = await run((state, now) => {
      times.push(now);
      clock.now += 1_000;
      return type('b')(state);
    });
    expect(outcome).toMatchObject({ details: { sequence: 3, changeDate: started + 1_000 }, answer: 'ax' });
    expect(seen).toEqual(['', 'a', 'ax']);
    expect(times).toEqual([started, started + 1_000]);
    expect(await textIn(log)).toBe('axb');
  });

  it('tells what it found last, and nothing of what it would have told before', async () => {
    const { run } = typist(log);
    await run(type('a'));
    await write(log, stream, 'x');
    const once = (state: string) => (state === 'a' ? type('b')(state) : reject('too late'));
    expect(await run(once)).toEqual({ kind: 'rejected', refusal: 'too late' });
    expect(await textIn(log)).toBe('ax');
  });
});

describe('what is answered without an event', () => {
  it('is told at once by a process that is alone', async () => {
    const { run } = typist(held);
    await run(type('a'));
    const readsBefore = held.reads.length;
    expect(await run(refuse)).toEqual({ kind: 'rejected', refusal: 'saw a' });
    expect(held.reads).toHaveLength(readsBefore);
  });

  it.each([
    ['a refusal', refuse, { kind: 'rejected', refusal: 'saw ax' }],
    [
      'a yes',
      (state: string) => acceptWith<string, string>(state),
      { kind: 'accepted', answer: 'ax', details: { sequence: 2 } },
    ],
  ])('is told by others only after the log was asked, and decided on that: %s', async (_, decide, told) => {
    const { run, seen } = typist(held, { soleWriter: false });
    await run(type('a'));
    await write(log, stream, 'x');
    expect(await run(decide)).toMatchObject(told);
    expect(seen).toEqual(['', 'a', 'ax']);
  });

  it('becomes an append where the log says so', async () => {
    const { run } = typist(held, { soleWriter: false });
    await run(type('a'));
    await write(log, stream, 'x');
    const outcome = await run((state) => (state === 'a' ? refuse(state) : type('b')(state)));
    expect(outcome).toMatchObject({ kind: 'accepted', details: { sequence: 3 } });
  });

  it('is not decided by a lock that another process has put on or taken off since', async () => {
    const secrets = await realSecrets();
    const house = await openHouse({ log, secrets, soleWriter: false });
    await house.run(new AddOrganization({ organizationId, name: 'Acme', by }));
    const userId = await addPerson(house);
    const other = await house.another();
    const lock = new LockUser({ organizationId, userId, by });
    const unlock = new UnlockUser({ organizationId, userId, by });
    expect(await other.run(lock)).toMatchObject({ kind: 'accepted' });
    expect(await house.run(unlock)).toMatchObject({ kind: 'accepted' });
    expect(await other.run(unlock)).toMatchObject({ refusal: { code: 'user-not-locked' } });
    await other.close();
    await house.close();
  });
});

describe('commands on one stream', () => {
  it('go in the order in which they came, each on what the one before left', async () => {
    const { run, seen } = typist(log);
    const slowly = (letter: string, milliseconds: number) =>
      run(async (state) => {
        await new Promise((resolve) => setTimeout(resolve, milliseconds));
        return type(letter)(state);
      });
    await Promise.all([slowly('a', 20), slowly('b', 1), slowly('c', 10)]);
    expect(seen).toEqual(['', 'a', 'ab']);
    expect(await textIn(log)).toBe('abc');
  });

  it('are not held up by one that throws, at once or later', async () => {
    const { run } = typist(log);
    const broken = () => {
      throw new Error('a bug');
    };
    const outcomes = await Promise.allSettled([
      run(type('a')),
      run(broken),
      run(async () => broken()),
      run(type('b')),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect(await textIn(log)).toBe('ab');
  });

  it('hold up none on another', async () => {
    const { run } = typist(log);
    let letGo = () => {};
    const slow = run(async (state) => {
      await new Promise<void>((resolve) => {
        letGo = resolve;
      });
      return type('a')(state);
    });
    expect(await run(type('b'), { stream: 'text-2' })).toMatchObject({ kind: 'accepted' });
    expect(await textIn(log)).toBe('');
    letGo();
    expect(await slow).toMatchObject({ kind: 'accepted' });
  });

  it('wait as many as may; who comes on top is refused as contended, and leaves no trace', async () => {
    const { run, seen } = typist(log);
    const outcomes = await Promise.all(Array.from({ length: 300 }, () => run(type('a'))));
    expect(outcomes.slice(0, 257).filter(({ kind }) => kind === 'accepted')).toHaveLength(257);
    expect(outcomes.slice(257)).toEqual(Array.from({ length: 43 }, () => contended));
    expect(seen).toHaveLength(257);
    expect(await textIn(log)).toBe('a'.repeat(257));
    expect(await run(type('b'))).toMatchObject({ kind: 'accepted', details: { sequence: 258 } });
  });
});

describe('a decision that is dear', () => {
  const dear = { isDear: true };
  /** It waits for the gate once, and remembers that it did. */
  const waitingFor = (gate: Promise<void>, letter: string) => {
    let waited: Promise<void> | null = null;
    return async (state: string) => {
      waited ??= gate;
      await waited;
      return type(letter)(state);
    };
  };

  it('is waited for by none that is not, and is made again on what came between', async () => {
    const { run, seen } = typist(log);
    const gate = Promise.withResolvers<void>();
    const first = run(waitingFor(gate.promise, 'a'), dear);
    expect(await run(type('b'))).toMatchObject({ kind: 'accepted', answer: '' });
    gate.resolve();
    expect(await first).toMatchObject({ kind: 'accepted', answer: 'b' });
    expect(seen).toEqual(['', '', 'b']);
    expect(await textIn(log)).toBe('ba');
  });

  it('begins when the dear one before it is in the log', async () => {
    const { run, seen } = typist(log);
    await Promise.all([run(type('a'), dear), run(type('b'), dear)]);
    expect(seen).toEqual(['', '', 'a', 'a']);
  });

  it('that fails leaves the way free for those after it', async () => {
    const { run } = typist(log);
    const broken = () => Promise.reject(new Error('a bug'));
    const outcomes = await Promise.allSettled([run(broken, dear), run(type('a'), dear), run(type('b'))]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(await textIn(log)).toBe('ba');
  });

  it('is refused as contended where too many wait, while others go on', async () => {
    const { run } = typist(log);
    const gate = Promise.withResolvers<void>();
    const all = Array.from({ length: 300 }, () => run(waitingFor(gate.promise, 'a'), dear));
    expect(await run(type('b'))).toMatchObject({ kind: 'accepted' });
    gate.resolve();
    const outcomes = await Promise.all(all);
    expect(outcomes.slice(257)).toEqual(Array.from({ length: 43 }, () => contended));
    expect(await textIn(log)).toBe(`b${'a'.repeat(257)}`);
  });
});

describe('a command whose appends another process forestalls', () => {
  let house: House;
  let hurried: House;
  let userId: UserId;
  /** How many of its appends come too late, from now on. */
  let losing = 0;
  beforeEach(async () => {
    const log = new InMemoryEventLog();
    const secrets = await realSecrets();
    house = await openHouse({ log, secrets, soleWriter: false });
    const forestalled = logWith(log, {
      append: async (stream, events, expected) => {
        losing -= 1;
        await (losing < 0 ? null : reset(house, userId));
        return log.append(stream, events, expected);
      },
    });
    hurried = await openHouse({ log: forestalled, secrets, soleWriter: false });
    await house.run(new AddOrganization({ organizationId, name: 'Acme', by }));
    userId = await addPerson(house);
  });
  afterEach(async () => {
    await hurried.close();
    await house.close();
  });

  it('is decided again on what is there then', async () => {
    losing = 4;
    expect(await reset(hurried, userId)).toMatchObject({ kind: 'accepted', details: { sequence: 6 } });
  });

  it('is refused as contended after five, and leaves no trace', async () => {
    losing = 5;
    expect(await reset(hurried, userId)).toEqual(contended);
    expect(await pastOf(house, userId)).toHaveLength(1 + 5);
  });
});
