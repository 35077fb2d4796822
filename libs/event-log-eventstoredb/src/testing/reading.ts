// One call of Read, and how its messages leave.

import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerWritableStream } from '@grpc/grpc-js';

import type { ServerNode } from '#event-log-eventstoredb/testing/server-node.js';

export type ReadCall = ServerWritableStream<ReadReq, ReadResp>;

export interface Reading {
  readonly node: ServerNode;
  readonly call: ReadCall;
  readonly options: ReadReq.Options;
}

/** Writes with the flow control of the connection; false once the call has ended. */
export async function sendTo(node: ServerNode, call: ReadCall, message: ReadResp): Promise<boolean> {
  if (call.cancelled || call.destroyed || call.writableEnded) return false;
  node.counters.messagesSent += 1;
  if (call.write(message)) return true;
  await new Promise<void>((resolve) => {
    const settled = () => {
      call.off('drain', settled);
      call.off('cancelled', settled);
      call.off('close', settled);
      resolve();
    };
    call.on('drain', settled);
    call.on('cancelled', settled);
    call.on('close', settled);
  });
  return !call.cancelled && !call.destroyed;
}
