// Between what is stored and the messages of the wire, by the definitions that the client ships.

import { createRequire } from 'node:module';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import statusMessages from '@eventstore/db-client/generated/status_pb.js';
import type { BatchAppendReq } from '@eventstore/db-client/generated/streams_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import { Metadata, status } from '@grpc/grpc-js';

import type {
  Expectation,
  ProposedRecord,
  StoredRecord,
  Verdict,
} from '#event-log-eventstoredb/testing/database.js';

// The client's own copy of google-protobuf: another would not know its messages.
const requireOfClient = createRequire(createRequire(import.meta.url).resolve('@eventstore/db-client'));
const { Any } = requireOfClient('google-protobuf/google/protobuf/any_pb.js');
const { Empty: GoogleEmpty } = requireOfClient('google-protobuf/google/protobuf/empty_pb.js');

interface Message {
  serializeBinary(): Uint8Array;
}

export interface WireStatus {
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;
}

const unknownPosition = '18446744073709551615';

export const empty = () => new shared.Empty();

export function nameOf(identifier: { getStreamName_asU8(): Uint8Array } | undefined): string {
  return Buffer.from(identifier?.getStreamName_asU8() ?? []).toString('utf8');
}

export function identifierOf(stream: string) {
  return new shared.StreamIdentifier().setStreamName(Buffer.from(stream, 'utf8').toString('base64'));
}

export function proposalOf(message: BatchAppendReq.ProposedMessage): ProposedRecord {
  const headers = message.getMetadataMap();
  return {
    id: message.getId()?.getString() ?? '',
    type: headers.get('type') ?? '',
    contentType: headers.get('content-type') ?? '',
    data: Uint8Array.from(message.getData_asU8()),
    metadata: Uint8Array.from(message.getCustomMetadata_asU8()),
  };
}

export function batchExpectationOf(options: BatchAppendReq.Options): Expectation {
  if (options.hasAny()) return 'any';
  if (options.hasStreamExists()) return 'exists';
  return options.hasNoStream() ? -1 : Number(options.getStreamPosition());
}

export type WithheldPosition = 'none' | 'commit' | 'both';

export function eventMessage(record: StoredRecord, withheld: WithheldPosition = 'none') {
  const position = String(record.position);
  const recorded = new streams.ReadResp.ReadEvent.RecordedEvent()
    .setId(new shared.UUID().setString(record.id))
    .setStreamIdentifier(identifierOf(record.stream))
    .setStreamRevision(String(record.revision))
    .setCommitPosition(withheld === 'none' ? position : unknownPosition)
    .setPreparePosition(withheld === 'both' ? unknownPosition : position)
    .setData(Buffer.from(record.data).toString('base64'))
    .setCustomMetadata(Buffer.from(record.metadata).toString('base64'));
  recorded
    .getMetadataMap()
    .set('type', record.type)
    .set('content-type', record.contentType)
    .set('created', record.created);
  const event = new streams.ReadResp.ReadEvent().setEvent(recorded);
  if (withheld === 'none') event.setCommitPosition(position);
  else event.setNoPosition(empty());
  return new streams.ReadResp().setEvent(event);
}

export function checkpointMessage(position: number) {
  const checkpoint = new streams.ReadResp.Checkpoint()
    .setCommitPosition(String(position))
    .setPreparePosition(String(position));
  return new streams.ReadResp().setCheckpoint(checkpoint);
}

export function confirmationMessage(subscription: string) {
  const confirmation = new streams.ReadResp.SubscriptionConfirmation().setSubscriptionId(subscription);
  return new streams.ReadResp().setConfirmation(confirmation);
}

export const caughtUpMessage = () => new streams.ReadResp().setCaughtUp(new streams.ReadResp.CaughtUp());

export function notFoundMessage(stream: string) {
  const notFound = new streams.ReadResp.StreamNotFound().setStreamIdentifier(identifierOf(stream));
  return new streams.ReadResp().setStreamNotFound(notFound);
}

/** Every answer echoes whose it is; the client cannot do without. */
export interface Echo {
  readonly correlation: string;
  readonly stream: string;
}

function batchReply({ correlation, stream }: Echo) {
  return new streams.BatchAppendResp()
    .setCorrelationId(new shared.UUID().setString(correlation))
    .setStreamIdentifier(identifierOf(stream));
}

export function verdictReply(echo: Echo, verdict: Verdict, withPosition = true) {
  const reply = batchReply(echo);
  switch (verdict.kind) {
    case 'success':
      return reply.setSuccess(successOf(verdict.revision, withPosition ? verdict.position : null));
    case 'wrong-version':
      return reply.setError(
        errorOf(status.ALREADY_EXISTS, 'WrongExpectedVersion', wrongVersion(verdict.current)),
      );
    case 'deleted':
      return reply.setError(errorOf(status.NOT_FOUND, 'StreamDeleted', new shared.StreamDeleted()));
  }
}

/** The errors of a batch reply that say nothing about versions. */
export function errorReply(echo: Echo, error: 'timeout' | 'not-ready' | 'access-denied' | 'too-large') {
  const reply = batchReply(echo);
  switch (error) {
    case 'timeout':
      return reply.setError(errorOf(status.DEADLINE_EXCEEDED, 'Timeout', new shared.Timeout()));
    case 'access-denied':
      return reply.setError(errorOf(status.PERMISSION_DENIED, 'AccessDenied', new shared.AccessDenied()));
    case 'too-large': {
      const details = new shared.MaximumAppendSizeExceeded().setMaxappendsize(1_024);
      return reply.setError(errorOf(status.INVALID_ARGUMENT, 'MaximumAppendSizeExceeded', details));
    }
    case 'not-ready': {
      const details = new Any();
      details.pack(new GoogleEmpty().serializeBinary(), 'google.protobuf.Empty');
      const busy = new statusMessages.Status()
        .setCode(status.UNAVAILABLE as never)
        .setMessage('Server Is Not Ready');
      return reply.setError(busy.setDetails(details));
    }
  }
}

/** A status with the trailers by which the client tells what happened. */
export function failureOf(code: number, details: string, trailers: Record<string, string> = {}): WireStatus {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(trailers)) metadata.set(name, value);
  return { code, details, metadata };
}

export const notLeader = (port: number): WireStatus =>
  failureOf(status.NOT_FOUND, 'Leader info available', {
    exception: 'not-leader',
    'leader-endpoint-host': '127.0.0.1',
    'leader-endpoint-port': String(port),
  });

export const serverUnavailable = (): WireStatus => failureOf(status.UNAVAILABLE, 'Server Is Not Ready');

function successOf(revision: number, position: number | null) {
  const success = new streams.BatchAppendResp.Success().setCurrentRevision(String(revision));
  if (position === null) return success.setNoPosition(new GoogleEmpty());
  const all = new shared.AllStreamPosition()
    .setCommitPosition(String(position))
    .setPreparePosition(String(position));
  return success.setPosition(all);
}

function wrongVersion(current: number) {
  const details = new shared.WrongExpectedVersion().setExpectedAny(new GoogleEmpty());
  return current < 0
    ? details.setCurrentNoStream(new GoogleEmpty())
    : details.setCurrentStreamRevision(String(current));
}

function errorOf(code: number, name: string, message: Message) {
  const details = new Any();
  details.pack(message.serializeBinary(), `event_store.client.${name}`);
  return new statusMessages.Status()
    .setCode(code as never)
    .setMessage(name)
    .setDetails(details);
}
