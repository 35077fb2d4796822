// What a client asks before it appends, and how it finds the leader of a cluster.

import gossipMessages from '@eventstore/db-client/generated/gossip_pb.js';
import featureMessages from '@eventstore/db-client/generated/serverfeatures_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { handleUnaryCall } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';

import type { FeaturesFault } from '#event-log-eventstoredb/testing/faults.js';
import type { ServerNode } from '#event-log-eventstoredb/testing/server-node.js';
import * as wire from '#event-log-eventstoredb/testing/wire.js';

const streamMethods = ['append', 'batchappend', 'read', 'delete', 'tombstone'];

export function otherHandlers(node: ServerNode) {
  const getSupportedMethods: handleUnaryCall<unknown, unknown> = (_call, answer) => {
    const rule = node.faults.strike('features');
    switch (rule?.action as FeaturesFault | undefined) {
      case 'silent':
        return;
      case 'unavailable':
        return answer(wire.serverUnavailable());
      case 'internal':
        return answer(wire.failureOf(status.INTERNAL, 'a defect'));
      case 'unimplemented':
        return answer(wire.failureOf(status.UNIMPLEMENTED, 'an old server'));
      case undefined:
        return answer(null, supportedMethods());
    }
  };
  const read: handleUnaryCall<unknown, unknown> = (_call, answer) => answer(null, clusterOf(node));
  return { features: { getSupportedMethods }, gossip: { read } };
}

function supportedMethods() {
  const supported = new featureMessages.SupportedMethods().setEventStoreServerVersion('24.10.0');
  for (const name of streamMethods) {
    const method = new featureMessages.SupportedMethod()
      .setMethodName(name)
      .setServiceName('event_store.client.streams.streams');
    supported.addMethods(method);
  }
  return supported;
}

/** This node, and the leader when it is another. */
function clusterOf(node: ServerNode) {
  const { LEADER, FOLLOWER } = gossipMessages.MemberInfo.VNodeState;
  const cluster = new gossipMessages.ClusterInfo();
  cluster.addMembers(member(node.port, node.leaderPort === null ? LEADER : FOLLOWER));
  if (node.leaderPort !== null) cluster.addMembers(member(node.leaderPort, LEADER));
  return cluster;
}

function member(port: number, state: number) {
  const endPoint = new gossipMessages.EndPoint().setAddress('127.0.0.1').setPort(port);
  return new gossipMessages.MemberInfo()
    .setInstanceId(new shared.UUID().setString('00000000-0000-4000-8000-000000000000'))
    .setTimeStamp('0')
    .setState(state as never)
    .setIsAlive(true)
    .setHttpEndPoint(endPoint);
}
