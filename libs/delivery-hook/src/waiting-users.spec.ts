import { describe, expect, it } from '@jest/globals';

import type { Waiting } from '#delivery-hook/progress.js';
import { WaitingUsers, waitingMax, waitingPerUserMax } from '#delivery-hook/waiting-users.js';
import type { Position } from '#event-log/event-log.js';

const waiting = (user: string, place: number): Waiting => ({
  id: `event ${place}`,
  type: 'user.mfa.reset',
  stream: user,
  revision: place,
  position: String(place).padStart(16, '0') as Position,
  user,
  at: place,
  since: place,
  failures: 0,
});

const goesOn = new AbortController().signal;

describe('what waits', () => {
  it('is told in the order of the log, and how old the oldest is that is tried', () => {
    const users = new WaitingUsers();
    expect(users.oldestAt).toBeNull();
    for (const [user, place] of [
      ['bob', 2],
      ['ada', 3],
      ['bob', 4],
    ] as const)
      users.add(waiting(user, place));
    expect(users.all().map(({ at }) => at)).toEqual([2, 3, 4]);
    expect(users.oldestAt).toBe(2);
    users.removeFirst('bob');
    expect([users.oldestAt, users.size, users.firstOf('bob')?.at]).toEqual([3, 2, 4]);
  });

  it('of one user is so much at most: the one that is tried and the latest stay', () => {
    const users = new WaitingUsers();
    const made = Array.from({ length: waitingPerUserMax + 2 }, (_, place) =>
      users.add(waiting('ada', place)),
    );
    expect(made.filter((dropped) => dropped !== null).map(({ at }) => at)).toEqual([1, 2]);
    expect(users.size).toBe(waitingPerUserMax);
    expect(users.firstOf('ada')?.at).toBe(0);
  });

  it('of all has room again when one of it is done', async () => {
    const users = new WaitingUsers();
    for (let place = 0; place < waitingMax; place += 1) users.add(waiting(`user ${place}`, place));
    let hasRoom = false;
    const room = users.room(goesOn).then(() => {
      hasRoom = true;
    });
    await new Promise(setImmediate);
    expect(hasRoom).toBe(false);
    users.removeFirst('user 7');
    await room;
    expect(users.size).toBe(waitingMax - 1);
  });

  it('of all is not waited for by an end', async () => {
    const users = new WaitingUsers();
    for (let place = 0; place < waitingMax; place += 1) users.add(waiting(`user ${place}`, place));
    const ending = new AbortController();
    const room = users.room(ending.signal);
    ending.abort();
    await room;
    expect(users.size).toBe(waitingMax);
  });
});
