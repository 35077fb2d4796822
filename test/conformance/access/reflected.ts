// Which services a server says that it has, by gRPC's own reflection.

import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Client, credentials } from '@grpc/grpc-js';

import {
  ServerReflectionRequestSchema,
  ServerReflectionResponseSchema,
} from '#contract/grpc/reflection/v1/reflection_pb.js';

const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';

export async function servedServices(address: string): Promise<readonly string[]> {
  const client = new Client(address, credentials.createInsecure());
  const pass = (bytes: Buffer) => bytes;
  const question = create(ServerReflectionRequestSchema, {
    messageRequest: { case: 'listServices', value: '*' },
  });
  try {
    const answer = await new Promise<Buffer>((resolve, reject) => {
      const call = client.makeBidiStreamRequest(path, pass, pass);
      call.on('data', resolve);
      call.on('error', reject);
      call.write(Buffer.from(toBinary(ServerReflectionRequestSchema, question)));
      call.end();
    });
    const { messageResponse } = fromBinary(ServerReflectionResponseSchema, answer);
    if (messageResponse.case !== 'listServicesResponse') throw new Error('the services are not told');
    return messageResponse.value.service.map(({ name }) => name).sort();
  } finally {
    client.close();
  }
}
