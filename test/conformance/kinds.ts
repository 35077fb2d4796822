// Every protocol, by its name.

import { connect } from '#test/conformance/connect.js';
import { grpc } from '#test/conformance/grpc.js';
import { grpcWeb } from '#test/conformance/grpc-web.js';
import type { Protocol } from '#test/conformance/protocol.js';
import { rest } from '#test/conformance/rest.js';
import type { World } from '#test/conformance/world.js';

export const kinds: Readonly<Record<string, (world: World) => Protocol>> = {
  gRPC: ({ server }) => grpc(`127.0.0.1:${server.port}`),
  'gRPC-Web, binary': ({ server }) => grpcWeb(server.url, 'binary'),
  'gRPC-Web, text': ({ server }) => grpcWeb(server.url, 'text'),
  'Connect, json': ({ server }) => connect(server.url, 'json'),
  'Connect, proto': ({ server }) => connect(server.url, 'proto'),
  REST: ({ server }) => rest(server.url),
};
