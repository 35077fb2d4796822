// Append, BatchAppend, Delete and Tombstone.

import type {
  AppendReq,
  AppendResp,
  BatchAppendReq,
  BatchAppendResp,
  DeleteReq,
  DeleteResp,
} from '@eventstore/db-client/generated/streams_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type {
  handleUnaryCall,
  ServerDuplexStream,
  ServerReadableStream,
  sendUnaryData,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';

import type { Expectation, ProposedRecord, Verdict } from '#event-log-eventstoredb/testing/database.js';
import type { AppendFault, FaultRule } from '#event-log-eventstoredb/testing/faults.js';
import type { ServerNode } from '#event-log-eventstoredb/testing/server-node.js';
import * as wire from '#event-log-eventstoredb/testing/wire.js';

type BatchCall = ServerDuplexStream<BatchAppendReq, BatchAppendResp>;

interface PendingAppend {
  readonly correlation: string;
  readonly stream: string;
  readonly expected: Expectation;
  readonly deadlineMs: number;
  readonly events: ProposedRecord[];
}

export function appendHandlers(node: ServerNode): UntypedServiceImplementation {
  return {
    batchAppend: (call: BatchCall) => batchAppend(node, call),
    append: (call: ServerReadableStream<AppendReq, AppendResp>, answer: sendUnaryData<AppendResp>) =>
      classicAppend(node, call, answer),
    delete: deleteHandler(node, false),
    tombstone: deleteHandler(node, true),
  };
}

function batchAppend(node: ServerNode, call: BatchCall): void {
  node.track(call);
  const pending = new Map<string, PendingAppend>();
  const needsLeader = call.metadata.get('requires-leader').includes('true');
  call.on('error', () => undefined);
  call.on('end', () => call.end());
  call.on('data', (message: BatchAppendReq) => {
    if (needsLeader && node.leaderPort !== null) {
      call.emit('error', wire.notLeader(node.leaderPort));
      return;
    }
    const append = collect(pending, message);
    if (!message.getIsFinal()) return;
    pending.delete(append.correlation);
    node.counters.appendsReceived += 1;
    new BatchAnswer(node, call, append).give();
  });
}

function collect(pending: Map<string, PendingAppend>, message: BatchAppendReq): PendingAppend {
  const correlation = message.getCorrelationId()?.getString() ?? '';
  const options = message.getOptions();
  if (options !== undefined) {
    pending.set(correlation, {
      correlation,
      stream: wire.nameOf(options.getStreamIdentifier()),
      expected: wire.batchExpectationOf(options),
      deadlineMs: options.getDeadline()?.toDate().getTime() ?? Number.POSITIVE_INFINITY,
      events: [],
    });
  }
  const append = pending.get(correlation);
  if (append === undefined) throw new Error('a chunk of an append that was never begun');
  append.events.push(...message.getProposedMessagesList().map(wire.proposalOf));
  return append;
}

/** How one append is answered: as it should be, or as the rule that strikes it says. */
class BatchAnswer {
  readonly #node: ServerNode;
  readonly #call: BatchCall;
  readonly #append: PendingAppend;

  constructor(node: ServerNode, call: BatchCall, append: PendingAppend) {
    this.#node = node;
    this.#call = call;
    this.#append = append;
  }

  give(): void {
    // The client sends an absolute time, so a skewed clock makes it one that has passed.
    if (this.#append.deadlineMs <= Date.now() + this.#node.clockAheadMs) {
      this.#error('timeout');
      return;
    }
    const rule = this.#node.faults.strike('append', this.#append.stream);
    if (rule === null) this.#reply(this.#write());
    else this.#misbehave(rule.action as AppendFault, rule);
  }

  #misbehave(action: AppendFault, rule: FaultRule): void {
    const delayMs = rule.delayMs ?? 0;
    switch (action) {
      case 'silent':
        return;
      case 'silent-after-write':
        this.#write();
        return;
      case 'late-reply':
        this.#replyLater(this.#write(), delayMs);
        return;
      case 'duplicate-reply': {
        const verdict = this.#write();
        this.#reply(verdict);
        this.#replyLater(verdict, delayMs);
        return;
      }
      case 'wrong-version-after-write': {
        const verdict = this.#write();
        this.#reply(
          verdict.kind === 'success' ? { kind: 'wrong-version', current: verdict.revision } : verdict,
        );
        return;
      }
      case 'no-position':
        this.#reply(this.#write(), false);
        return;
      case 'timeout-after-write':
        this.#write();
        this.#error('timeout');
        return;
      case 'timeout':
      case 'not-ready':
      case 'access-denied':
      case 'too-large':
        this.#error(action);
        return;
      default:
        this.#break(action);
    }
  }

  #break(
    action: 'not-leader' | 'unavailable' | 'unavailable-after-write' | 'drop' | 'drop-after-write',
  ): void {
    switch (action) {
      case 'not-leader':
        this.#call.emit('error', wire.notLeader(this.#node.port));
        return;
      case 'unavailable-after-write':
        this.#write();
        this.#call.emit('error', wire.serverUnavailable());
        return;
      case 'unavailable':
        this.#call.emit('error', wire.serverUnavailable());
        return;
      case 'drop-after-write':
        this.#write();
        this.#node.dropConnections();
        return;
      case 'drop':
        this.#node.dropConnections();
    }
  }

  #write(): Verdict {
    return this.#node.database.append(this.#append.stream, this.#append.expected, this.#append.events);
  }

  #reply(verdict: Verdict, withPosition = true): void {
    this.#call.write(wire.verdictReply(this.#append, verdict, withPosition));
  }

  #replyLater(verdict: Verdict, delayMs: number): void {
    setTimeout(() => {
      if (!this.#call.cancelled) this.#reply(verdict);
    }, delayMs);
  }

  #error(error: Parameters<typeof wire.errorReply>[1]): void {
    this.#call.write(wire.errorReply(this.#append, error));
  }
}

/** What the client falls back to when the server does not know BatchAppend. */
function classicAppend(
  node: ServerNode,
  call: ServerReadableStream<AppendReq, AppendResp>,
  answer: sendUnaryData<AppendResp>,
): void {
  node.track(call);
  let options: AppendReq.Options | undefined;
  const events: ProposedRecord[] = [];
  call.on('data', (message: AppendReq) => {
    if (message.hasOptions()) options = message.getOptions();
    const proposed = message.getProposedMessage();
    if (proposed !== undefined) events.push(wire.proposalOf(proposed));
  });
  call.on('end', () => {
    node.counters.appendsReceived += 1;
    if (options === undefined) return answer(wire.failureOf(status.INVALID_ARGUMENT, 'no options'));
    const stream = wire.nameOf(options.getStreamIdentifier());
    const verdict = node.database.append(stream, expectationOf(options), events);
    if (verdict.kind === 'deleted') return answer(streamDeleted(stream));
    answer(null, verdict.kind === 'success' ? classicSuccess(verdict) : classicConflict(verdict.current));
  });
}

function classicSuccess(verdict: { revision: number; position: number }): AppendResp {
  const position = new streams.AppendResp.Position()
    .setCommitPosition(String(verdict.position))
    .setPreparePosition(String(verdict.position));
  const success = new streams.AppendResp.Success().setCurrentRevision(String(verdict.revision));
  return new streams.AppendResp().setSuccess(success.setPosition(position));
}

function classicConflict(current: number): AppendResp {
  const conflict = new streams.AppendResp.WrongExpectedVersion();
  if (current < 0) conflict.setCurrentNoStream(wire.empty());
  else conflict.setCurrentRevision(String(current));
  return new streams.AppendResp().setWrongExpectedVersion(conflict.setExpectedAny(wire.empty()));
}

function deleteHandler(node: ServerNode, forEver: boolean): handleUnaryCall<DeleteReq, DeleteResp> {
  return (call, answer) => {
    const options = call.request.getOptions();
    if (options === undefined) return answer(wire.failureOf(status.INVALID_ARGUMENT, 'no options'));
    const stream = wire.nameOf(options.getStreamIdentifier());
    const verdict = node.database.delete(stream, expectationOf(options), forEver);
    if (verdict.kind === 'deleted') return answer(streamDeleted(stream));
    if (verdict.kind === 'wrong-version') return answer(wrongExpectedVersion(stream, verdict.current));
    const reply = forEver ? new streams.TombstoneResp() : new streams.DeleteResp();
    answer(null, reply.setNoPosition(wire.empty()) as DeleteResp);
  };
}

function expectationOf(options: AppendReq.Options | DeleteReq.Options): Expectation {
  if (options.hasAny()) return 'any';
  if (options.hasStreamExists()) return 'exists';
  return options.hasNoStream() ? -1 : Number(options.getRevision());
}

const streamDeleted = (stream: string) =>
  wire.failureOf(status.FAILED_PRECONDITION, 'Stream is deleted', {
    exception: 'stream-deleted',
    'stream-name': stream,
  });

const wrongExpectedVersion = (stream: string, current: number) =>
  wire.failureOf(status.FAILED_PRECONDITION, 'Wrong expected version', {
    exception: 'wrong-expected-version',
    'stream-name': stream,
    'expected-version': '-2',
    'actual-version': current < 0 ? '' : String(current),
  });
