// The service definitions that the client ships, under short names.

import gossip from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import features from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import streams from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type { ServiceDefinition } from '@grpc/grpc-js';

export const services = {
  streams: streams.StreamsService as unknown as ServiceDefinition,
  features: features.ServerFeaturesService as unknown as ServiceDefinition,
  gossip: gossip.GossipService as unknown as ServiceDefinition,
};
