// What a test can tell the server's process, over the channel between the two.

import type { FaultRule } from '#event-log-eventstoredb/testing/faults.js';
import type { NodeCounters } from '#event-log-eventstoredb/testing/server-node.js';

export interface ForeignEvent {
  readonly stream: string;
  readonly type: string;
  readonly contentType: string;
  readonly data: string;
  readonly metadata: string;
}

/** Read from what is stored, past every adapter. */
export interface StoredText {
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly contentType: string;
  readonly data: string;
  readonly metadata: string;
}

export interface Commands {
  /** A node over a database of its own, or over that of another node. */
  create(sharing: number | null): { node: number; port: number };
  close(node: number): void;
  dropConnections(node: number): void;
  stopListening(node: number): void;
  listen(node: number): void;
  addFault(node: number, rule: FaultRule): void;
  clearFaults(node: number): void;
  endSubscriptions(node: number): void;
  /** `null` makes it the leader. */
  follow(node: number, leaderPort: number | null): void;
  setClockAhead(node: number, milliseconds: number): void;
  writeForeign(node: number, events: readonly ForeignEvent[]): void;
  deleteStream(node: number, stream: string, forEver: boolean): void;
  /** Another database at the same port, with these in it before anybody can ask. */
  wipe(node: number, events: readonly ForeignEvent[]): void;
  stored(node: number, streamPrefix: string): StoredText[];
  counters(node: number): NodeCounters & { readonly connectionsOpen: number };
}

export type CommandName = keyof Commands;

export interface CommandMessage {
  readonly call: number;
  readonly command: CommandName;
  readonly args: readonly unknown[];
}

export type CommandReply =
  | { readonly call: number; readonly value: unknown }
  | { readonly call: number; readonly error: string };
