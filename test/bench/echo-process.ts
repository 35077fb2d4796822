// The ceiling: the same libraries with nothing behind them. A unary call of grpc-js that hands back the bytes that
// came, and a route of Fastify that hands back the JSON that came.

import type { AddressInfo } from 'node:net';

import { type handleUnaryCall, Server, ServerCredentials } from '@grpc/grpc-js';
import { fastify } from 'fastify';

const same = (bytes: Buffer) => bytes;
const grpc = new Server();
const echo: handleUnaryCall<Buffer, Buffer> = (call, callback) => callback(null, call.request);
grpc.register('/bench.Echo/Echo', echo, same, same, 'unary');
const grpcPort = await new Promise<number>((resolve, reject) => {
  grpc.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
    error === null ? resolve(port) : reject(error),
  );
});
const http = fastify();
http.post('/echo', async (request) => request.body);
await http.listen({ host: '127.0.0.1', port: 0 });
const { port } = http.server.address() as AddressInfo;
process.stderr.write(`${JSON.stringify({ grpcPort, port })}\n`);
