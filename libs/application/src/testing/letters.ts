// The smallest kind of stream: its state is every letter that was written, in order.

import { randomUUID } from 'node:crypto';

import type { StreamKind } from '#application/streams.js';
import type { EventLog, NewEvent } from '#event-log/event-log.js';
import { eventsPerAppendMax } from '#event-log/limits.js';

export const letters: StreamKind<string, string> = {
  initial: '',
  encode: (letter) => ({ type: 'letter.written', data: { letter } }),
  decode: ({ data }) => String((data as { letter: unknown }).letter),
  evolve: (text, letter) => text + letter,
};

/** As another process does it. */
export async function write(log: EventLog, stream: string, text: string): Promise<void> {
  const page = await log.readStream(stream, { direction: 'backward', from: 'end', limit: 1 });
  let revision = page.status === 'unknown' ? -1 : (page.events[0]?.revision ?? -1);
  for (let from = 0; from < text.length; from += eventsPerAppendMax) {
    const events = [...text.slice(from, from + eventsPerAppendMax)].map(eventOf);
    await log.append(stream, events, revision === -1 ? 'no-stream' : revision);
    revision += events.length;
  }
}

const metadata = { time: '2030-01-01T00:00:00.000Z' };
const eventOf = (letter: string): NewEvent => ({ id: randomUUID(), ...letters.encode(letter), metadata });
