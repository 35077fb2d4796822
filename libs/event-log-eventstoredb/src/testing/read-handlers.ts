// Read: the four calls that read, and subscriptions.

import type { UntypedServiceImplementation } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';

import type { StoredRecord } from '#event-log-eventstoredb/testing/database.js';
import type { ReadFault } from '#event-log-eventstoredb/testing/faults.js';
import { type ReadCall, type Reading, sendTo } from '#event-log-eventstoredb/testing/reading.js';
import type { ServerNode } from '#event-log-eventstoredb/testing/server-node.js';
import { Subscriber } from '#event-log-eventstoredb/testing/subscriber.js';
import * as wire from '#event-log-eventstoredb/testing/wire.js';

export function readHandlers(node: ServerNode): UntypedServiceImplementation {
  return {
    read: (call: ReadCall) => {
      node.track(call);
      call.on('error', () => undefined);
      const options = call.request.getOptions();
      if (options === undefined || !options.hasUuidOption()) {
        call.emit('error', wire.failureOf(status.INVALID_ARGUMENT, 'the form of ids is missing'));
      } else if (call.metadata.get('requires-leader').includes('true') && node.leaderPort !== null) {
        call.emit('error', wire.notLeader(node.leaderPort));
      } else if (options.hasSubscription()) {
        new Subscriber({ node, call, options }).start();
      } else {
        void readOnce({ node, call, options });
      }
    },
  };
}

async function readOnce(reading: Reading): Promise<void> {
  const { node, call, options } = reading;
  node.counters.readsReceived += 1;
  const stream = wire.nameOf(options.getStream()?.getStreamIdentifier());
  const action = node.faults.strike('read', stream)?.action as ReadFault | undefined;
  switch (action) {
    case 'silent':
      return;
    case 'unavailable':
      call.emit('error', wire.serverUnavailable());
      return;
    case 'not-leader':
      call.emit('error', wire.notLeader(node.port));
      return;
    case 'drop':
      node.dropConnections();
      return;
    case 'no-position':
      return answer(reading, 'both');
    case 'no-commit-position':
      return answer(reading, 'commit');
    case undefined:
      return answer(reading, 'none');
  }
}

async function answer(reading: Reading, withheld: wire.WithheldPosition): Promise<void> {
  const { node, call, options } = reading;
  const name = wire.nameOf(options.getStream()?.getStreamIdentifier());
  if (options.hasStream() && node.database.isTombstoned(name)) {
    const trailers = { exception: 'stream-deleted', 'stream-name': name };
    call.emit('error', wire.failureOf(status.FAILED_PRECONDITION, 'Stream is deleted', trailers));
    return;
  }
  const records = options.hasStream() ? node.database.stream(name) : node.database.all;
  if (records === undefined) {
    call.write(wire.notFoundMessage(name));
    call.end();
    return;
  }
  for (const record of picked(reading, records)) {
    if (!(await sendTo(node, call, wire.eventMessage(record, withheld)))) return;
  }
  call.end();
}

function picked(reading: Reading, records: readonly StoredRecord[]): StoredRecord[] {
  const count = Number(reading.options.getCount());
  const isBackward = reading.options.getReadDirection() === 1;
  const from = startIndex(reading, records, isBackward);
  if (!isBackward) return records.slice(from, from + count);
  // A page that begins beyond the last event is cut short, as on a real server.
  return records.slice(Math.max(0, from + 1 - count), from + 1).reverse();
}

/** Starts are inclusive in a stream; a log read backward begins with what stands before the position. */
function startIndex(
  { node, options }: Reading,
  records: readonly StoredRecord[],
  isBackward: boolean,
): number {
  const stream = options.getStream();
  const all = options.getAll();
  if (stream?.hasStart() === true || all?.hasStart() === true) return isBackward ? -1 : 0;
  if (stream?.hasEnd() === true || all?.hasEnd() === true) return records.length - (isBackward ? 1 : 0);
  if (stream !== undefined) return Number(stream.getRevision());
  const index = node.database.indexAtOrAfter(Number(all?.getPosition()?.getCommitPosition()));
  return isBackward ? index - 1 : index;
}
