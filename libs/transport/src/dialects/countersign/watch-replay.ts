// How far a replay is, told as it goes.

import { setTimeout as delay } from 'node:timers/promises';

import type { ProjectionService } from '#contract/countersign/v1/projection_service_pb.js';
import { isOver } from '#read-models/replay/asked.js';
import type { ReplayStatus } from '#read-models/replay/replay.js';
import { readingProjections } from '#transport/dialects/countersign/orders.js';
import type { Parts } from '#transport/dialects/countersign/parts.js';
import { type ReplayMessage, replayMessage } from '#transport/dialects/countersign/replay-messages.js';
import { type MethodTable, refused, StreamEnded } from '#transport/implementation.js';

/** A bar that moves so often looks as if it moved by itself. */
const lookEveryMs = 250;
/** Less than between two looks of one. */
const sharedMs = 200;
/** Also where nothing changes, so that whoever waits knows that the other side is still there. */
const tellEveryMs = 10_000;

export const watching = ({ operating }: Parts): MethodTable<typeof ProjectionService> => {
  const shared = new SharedLook(() => operating.replaying.status());
  return {
    watchReplay: {
      access: readingProjections,
      open: async ({ build }, { incoming }) => {
        const isThis = (one: ReplayStatus): boolean => one.build === build;
        // One that began a moment ago is there already.
        const first = (await operating.replaying.status()).find(isThis);
        const look = async () => (await shared.look()).find(isThis);
        return first === undefined
          ? refused({ code: 'replay-not-found' })
          : watch(first, look, incoming.signal);
      },
    },
  };
};

/** What all who watch see: the thread that replays is asked for many as often as for one. */
class SharedLook {
  readonly #ask: () => Promise<readonly ReplayStatus[]>;
  #last: Promise<readonly ReplayStatus[]> | null = null;
  #freshUntil = 0;

  constructor(ask: () => Promise<readonly ReplayStatus[]>) {
    this.#ask = ask;
  }

  look(): Promise<readonly ReplayStatus[]> {
    if (this.#last !== null && performance.now() < this.#freshUntil) return this.#last;
    this.#freshUntil = Number.POSITIVE_INFINITY;
    this.#last = this.#ask().finally(() => {
      this.#freshUntil = performance.now() + sharedMs;
    });
    return this.#last;
  }
}

async function* watch(
  first: ReplayStatus,
  look: () => Promise<ReplayStatus | undefined>,
  signal: AbortSignal,
): AsyncGenerator<{ readonly replay: ReplayMessage }, void, void> {
  let told = '';
  let toldAt = 0;
  for (let replay: ReplayStatus | undefined = first; ; replay = await look()) {
    if (replay === undefined) throw new StreamEnded({ code: 'replay-not-found' });
    const text = JSON.stringify(replay);
    if (text !== told || performance.now() - toldAt >= tellEveryMs) {
      yield { replay: replayMessage(replay) };
      told = text;
      toldAt = performance.now();
    }
    if (isOver(replay.phase) || replay.phase === 'failed') return;
    await delay(lookEveryMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
  }
}
