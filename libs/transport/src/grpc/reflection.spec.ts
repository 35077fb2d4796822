import {
  create,
  createFileRegistry,
  fromBinary,
  getOption,
  hasOption,
  type MessageInitShape,
  toBinary,
} from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { http } from '#contract/google/api/annotations_pb.js';
import {
  ServerReflectionRequestSchema,
  type ServerReflectionResponse,
  ServerReflectionResponseSchema,
} from '#contract/grpc/reflection/v1/reflection_pb.js';
import { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import { reflectionStreamsMax } from '#transport/grpc/limits.js';
import { EchoService } from '#transport/testing/echo-contract.js';
import { type OnePort, openOnePort } from '#transport/testing/one-port.js';

type Question = NonNullable<MessageInitShape<typeof ServerReflectionRequestSchema>['messageRequest']>;

const v1 = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
const v1alpha = '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo';

let port: OnePort;
let client: Client;

beforeAll(async () => {
  port = await openOnePort({ services: [EchoService, UserService] });
  client = new Client(port.address, credentials.createInsecure());
});

afterAll(async () => {
  client.close();
  await port.close();
});

function ask(questions: readonly Question[], path = v1): Promise<readonly ServerReflectionResponse[]> {
  return new Promise((resolve, reject) => {
    const serialize = (messageRequest: Question): Buffer =>
      Buffer.from(
        toBinary(
          ServerReflectionRequestSchema,
          create(ServerReflectionRequestSchema, { host: 'here', messageRequest }),
        ),
      );
    const read = (bytes: Buffer): ServerReflectionResponse =>
      fromBinary(ServerReflectionResponseSchema, bytes);
    const call = client.makeBidiStreamRequest(path, serialize, read);
    const answers: ServerReflectionResponse[] = [];
    call.on('data', (answer: ServerReflectionResponse) => answers.push(answer));
    call.on('error', reject);
    call.on('end', () => resolve(answers));
    for (const question of questions) call.write(question);
    call.end();
  });
}

async function filesOf(question: Question): Promise<readonly Uint8Array[]> {
  const [answer] = await ask([question]);
  const { messageResponse } = answer ?? {};
  return messageResponse?.case === 'fileDescriptorResponse' ? messageResponse.value.fileDescriptorProto : [];
}

const nameOf = (bytes: Uint8Array | undefined): string =>
  fromBinary(FileDescriptorProtoSchema, bytes ?? new Uint8Array()).name;

describe('reflection', () => {
  it.each([v1, v1alpha])('lists the services by %s', async (path) => {
    const [answer] = await ask([{ case: 'listServices', value: '' }], path);
    expect(answer?.validHost).toBe('here');
    expect(answer?.originalRequest?.messageRequest.case).toBe('listServices');
    const { value } = answer?.messageResponse ?? {};
    expect(value).toMatchObject({
      service: [
        { name: 'echo.v1.EchoService' },
        { name: 'grpc.health.v1.Health' },
        { name: 'grpc.reflection.v1.ServerReflection' },
        { name: 'zitadel.user.v2.UserService' },
      ],
    });
  });

  it.each([
    'zitadel.user.v2.UserService',
    'zitadel.user.v2.UserService.RegisterTOTP',
    'zitadel.user.v2.RegisterTOTPRequest',
    'zitadel.user.v2.RegisterTOTPRequest.user_id',
  ])('finds the file that declares %s', async (value) => {
    const [first] = await filesOf({ case: 'fileContainingSymbol', value });
    expect(nameOf(first)).toBe('zitadel/user/v2/user_service.proto');
  });

  it('tells files of which a client can build the whole contract, routes included', async () => {
    const value = 'zitadel/user/v2/user_service.proto';
    const files = await filesOf({ case: 'fileByFilename', value });
    const file = files.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes)).toReversed();
    const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: sorted(file) }));
    const method = registry.getService('zitadel.user.v2.UserService')?.method.registerTOTP;
    expect(method !== undefined && hasOption(method, http) && getOption(method, http).pattern).toEqual({
      case: 'post',
      value: '/v2/users/{user_id}/totp',
    });
  });

  it('knows the extensions of a message', async () => {
    const containingType = 'google.protobuf.MethodOptions';
    const [numbers] = await ask([{ case: 'allExtensionNumbersOfType', value: containingType }]);
    expect(numbers?.messageResponse.value).toMatchObject({ extensionNumber: [72295728] });
    const extension = { containingType, extensionNumber: 72295728 };
    const [first] = await filesOf({ case: 'fileContainingExtension', value: extension });
    expect(nameOf(first)).toBe('google/api/annotations.proto');
  });

  it('answers many questions of one stream in their order', async () => {
    const symbols = Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? 'echo.v1.Echoed' : `nobody.N${i}`));
    const answers = await ask(symbols.map((value) => ({ case: 'fileContainingSymbol', value }) as const));
    expect(answers.map(({ originalRequest }) => originalRequest?.messageRequest.value)).toEqual(symbols);
    expect(answers[1]?.messageResponse).toMatchObject({ case: 'errorResponse', value: { errorCode: 5 } });
  });

  it.each<[string, Question]>([
    ['a file', { case: 'fileByFilename', value: '/etc/passwd' }],
    ['a symbol', { case: 'fileContainingSymbol', value: '__proto__' }],
    [
      'an extension',
      { case: 'fileContainingExtension', value: { containingType: 'x.Y', extensionNumber: 1 } },
    ],
    ['a message', { case: 'allExtensionNumbersOfType', value: 'x.Y' }],
  ])('says so where there is no such thing: %s', async (_what, question) => {
    const [answer] = await ask([question]);
    expect(answer?.messageResponse).toMatchObject({
      case: 'errorResponse',
      value: { errorCode: status.NOT_FOUND },
    });
  });

  it('says so where nothing is asked', async () => {
    const [answer] = await ask([{ case: undefined }]);
    expect(answer?.messageResponse).toMatchObject({ value: { errorCode: status.INVALID_ARGUMENT } });
  });

  it('ends a stream that asks too much', async () => {
    const questions = Array.from({ length: 1_001 }, () => ({ case: 'listServices', value: '' }) as const);
    const outcome = await ask(questions).catch((error: ServiceError) => error);
    expect(outcome).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  });
});

describe('reflections at once', () => {
  it('are refused above their limit, until others end', async () => {
    const same = (bytes: Buffer): Buffer => bytes;
    const begin = () => client.makeBidiStreamRequest(v1, same, same);
    const open = Array.from({ length: reflectionStreamsMax }, begin);
    const refused = begin();
    const error = await new Promise((resolve) => refused.on('error', resolve));
    expect(error).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    const ended = open.map((call) => new Promise((resolve) => call.on('end', resolve).resume().end()));
    await Promise.all(ended);
    expect(await ask([{ case: 'listServices', value: '' }])).toHaveLength(1);
  });
});

type Files = NonNullable<MessageInitShape<typeof FileDescriptorSetSchema>['file']>;

/** What is imported before what imports it. */
function sorted(files: Files): Files {
  const byName = new Map(files.map((file) => [file.name ?? '', file]));
  const done = new Set<Files[number]>();
  const add = (file: Files[number]): void => {
    for (const name of file.dependency ?? []) {
      const imported = byName.get(name);
      if (imported !== undefined) add(imported);
    }
    done.add(file);
  };
  files.forEach(add);
  return [...done];
}
