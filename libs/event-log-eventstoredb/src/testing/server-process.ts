// The test server's own process: it must not share one with the client, whose generated classes are
// registered globally. It does what control.ts says, and ends with the process that started it.

import { randomUUID } from 'node:crypto';

import type { CommandMessage, Commands, ForeignEvent } from '#event-log-eventstoredb/testing/control.js';
import { Database } from '#event-log-eventstoredb/testing/database.js';
import { ServerNode } from '#event-log-eventstoredb/testing/server-node.js';

const nodes = new Map<number, ServerNode>();
let nextNode = 1;
const utf8 = new TextEncoder();

const commands: { [Name in keyof Commands]: (...args: Parameters<Commands[Name]>) => unknown } = {
  create: async (sharing) => {
    const node = new ServerNode(sharing === null ? new Database() : nodeOf(sharing).database);
    const port = await node.listen();
    nodes.set(nextNode, node);
    nextNode += 1;
    return { node: nextNode - 1, port };
  },
  close: async (id) => {
    const node = nodeOf(id);
    nodes.delete(id);
    await node.close();
  },
  dropConnections: (id) => nodeOf(id).dropConnections(),
  stopListening: (id) => nodeOf(id).stopListening(),
  listen: (id) => nodeOf(id).listen(),
  addFault: (id, rule) => nodeOf(id).faults.add(rule),
  clearFaults: (id) => nodeOf(id).faults.clear(),
  endSubscriptions: (id) => {
    for (const end of [...nodeOf(id).endSubscriptions]) end();
  },
  follow: (id, leaderPort) => {
    nodeOf(id).leaderPort = leaderPort;
  },
  setClockAhead: (id, milliseconds) => {
    nodeOf(id).clockAheadMs = milliseconds;
  },
  writeForeign: (id, events) => writeForeign(nodeOf(id), events),
  deleteStream: (id, stream, forEver) => nodeOf(id).database.delete(stream, 'any', forEver),
  wipe: async (id, events) => {
    const node = nodeOf(id);
    await node.close();
    const empty = new ServerNode(new Database());
    writeForeign(empty, events);
    await empty.listen(node.port);
    nodes.set(id, empty);
  },
  stored: (id, streamPrefix) =>
    nodeOf(id)
      .database.all.filter((record) => record.stream.startsWith(streamPrefix))
      .map(({ data, metadata, stream, revision, id: event, contentType }) => {
        const texts = { data: Buffer.from(data).toString(), metadata: Buffer.from(metadata).toString() };
        return { stream, revision, id: event, contentType, ...texts };
      }),
  counters: (id) => ({ ...nodeOf(id).counters, connectionsOpen: nodeOf(id).connectionsOpen }),
};

process.on('message', async (message: CommandMessage) => {
  try {
    const command = commands[message.command] as (...args: readonly unknown[]) => unknown;
    process.send?.({ call: message.call, value: await command(...message.args) });
  } catch (error) {
    process.send?.({ call: message.call, error: String(error) });
  }
});
process.on('disconnect', () => process.exit(0));
process.send?.({ ready: true });

function writeForeign(node: ServerNode, events: readonly ForeignEvent[]): void {
  for (const { stream, type, contentType, data, metadata } of events) {
    const texts = { data: utf8.encode(data), metadata: utf8.encode(metadata) };
    node.database.append(stream, 'any', [{ id: randomUUID(), type, contentType, ...texts }]);
  }
}

function nodeOf(id: number): ServerNode {
  const node = nodes.get(id);
  if (node === undefined) throw new Error(`there is no node ${id}`);
  return node;
}
