// The descriptors that this server was built from, for clients that bring no contract. A library would drop
// the options that it does not know, and with them the routes of REST.

import { create, type DescFile, type DescMessage, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { type Server, type ServerDuplexStream, status } from '@grpc/grpc-js';

import { Health } from '#contract/grpc/health/v1/health_pb.js';
import {
  ServerReflection,
  type ServerReflectionRequest,
  type ServerReflectionResponse,
  ServerReflectionResponseSchema,
} from '#contract/grpc/reflection/v1/reflection_pb.js';
import type { Served } from '#transport/call.js';
import { type Decoded, malformed, methodDefinitionOf, pathOf } from '#transport/grpc/definitions.js';
import { reflectionQuestionsMax, reflectionStreamsMax } from '#transport/grpc/limits.js';

type Call = ServerDuplexStream<Decoded, ServerReflectionResponse>;
type Answer = NonNullable<MessageInitShape<typeof ServerReflectionResponseSchema>['messageResponse']>;
type Question = ServerReflectionRequest['messageRequest'];

/** The same messages under its first name, which many clients still ask for. */
const firstName = 'grpc.reflection.v1alpha.ServerReflection';

/** Answers the paths of its methods. */
export function addReflection(grpc: Server, { services }: Served): readonly string[] {
  const reflected = [...services, Health, ServerReflection];
  const index = new Index(reflected.map(({ file }) => file));
  const names = reflected.map(({ typeName }) => typeName).toSorted();
  const answer = (question: Question): Answer => answerOf(question, index, names);
  const { serverReflectionInfo: method } = ServerReflection.method;
  const { responseSerialize, requestDeserialize } = methodDefinitionOf(method);
  const paths = [pathOf(method), pathOf(method, firstName)];
  const handle = handlerOf(answer);
  for (const path of paths) grpc.register(path, handle, responseSerialize, requestDeserialize, 'bidi');
  return paths;
}

function handlerOf(answer: (question: Question) => Answer): (call: Call) => void {
  let open = 0;
  return (call) => {
    if (open >= reflectionStreamsMax) return void call.emit('error', tooManyStreams);
    open += 1;
    let questions = 0;
    call.once('close', () => {
      open -= 1;
    });
    call.on('data', (request: Decoded) => {
      questions += 1;
      if (request === malformed) return void call.emit('error', malformedStatus);
      if (questions > reflectionQuestionsMax) return void call.emit('error', tooManyQuestions);
      const originalRequest = request as ServerReflectionRequest;
      const messageResponse = answer(originalRequest.messageRequest);
      const { host: validHost } = originalRequest;
      const response = create(ServerReflectionResponseSchema, {
        validHost,
        originalRequest,
        messageResponse,
      });
      // A caller that asks and does not read must not fill the memory with answers.
      if (!call.write(response)) {
        call.pause();
        call.once('drain', () => call.resume());
      }
    });
    call.once('end', () => call.end());
  };
}

const malformedStatus = { code: status.INVALID_ARGUMENT, details: 'this is not a question of reflection' };
const tooManyQuestions = {
  code: status.RESOURCE_EXHAUSTED,
  details: `over ${reflectionQuestionsMax} questions`,
};
const tooManyStreams = {
  code: status.RESOURCE_EXHAUSTED,
  details: `over ${reflectionStreamsMax} reflections at once`,
};

function answerOf(question: Question, index: Index, names: readonly string[]): Answer {
  switch (question.case) {
    case 'listServices':
      return { case: 'listServicesResponse', value: { service: names.map((name) => ({ name })) } };
    case 'fileByFilename':
      return fileAnswer(index.fileOf.get(question.value), index);
    case 'fileContainingSymbol':
      return fileAnswer(index.declaring.get(question.value), index);
    case 'fileContainingExtension': {
      const { containingType, extensionNumber } = question.value;
      return fileAnswer(index.extensions.get(containingType)?.get(extensionNumber), index);
    }
    case 'allExtensionNumbersOfType': {
      const extensionNumber = [...(index.extensions.get(question.value)?.keys() ?? [])];
      if (extensionNumber.length === 0 && !index.declaring.has(question.value)) return notFound;
      const value = { baseTypeName: question.value, extensionNumber };
      return { case: 'allExtensionNumbersResponse', value };
    }
    case undefined:
      return {
        case: 'errorResponse',
        value: { errorCode: status.INVALID_ARGUMENT, errorMessage: 'nothing is asked' },
      };
  }
}

const notFound: Answer = {
  case: 'errorResponse',
  value: { errorCode: status.NOT_FOUND, errorMessage: 'nothing here is called so' },
};

function fileAnswer(file: DescFile | undefined, index: Index): Answer {
  if (file === undefined) return notFound;
  return { case: 'fileDescriptorResponse', value: { fileDescriptorProto: index.bytesOf(file) } };
}

/** What is declared where. */
class Index {
  readonly fileOf = new Map<string, DescFile>();
  readonly declaring = new Map<string, DescFile>();
  /** By the extended message and the number. */
  readonly extensions = new Map<string, Map<number, DescFile>>();
  readonly #bytes = new Map<DescFile, readonly Uint8Array[]>();

  constructor(files: readonly DescFile[]) {
    for (const file of files.flatMap(withImports)) if (!this.fileOf.has(file.proto.name)) this.#add(file);
  }

  /** The file, then what it imports. */
  bytesOf(file: DescFile): Uint8Array[] {
    const bytes =
      this.#bytes.get(file) ??
      withImports(file).map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto));
    this.#bytes.set(file, bytes);
    return [...bytes];
  }

  #add(file: DescFile): void {
    this.fileOf.set(file.proto.name, file);
    for (const name of namesIn(file)) this.declaring.set(name, file);
    for (const extension of [...file.extensions, ...file.messages.flatMap(extensionsIn)]) {
      this.declaring.set(extension.typeName, file);
      const extended = extension.extendee.typeName;
      const numbers = this.extensions.get(extended) ?? new Map<number, DescFile>();
      this.extensions.set(extended, numbers.set(extension.number, file));
    }
  }
}

function withImports(file: DescFile): readonly DescFile[] {
  const found = new Set([file]);
  for (const each of found) for (const imported of each.dependencies) found.add(imported);
  return [...found];
}

function namesIn({ messages, enums, services }: DescFile): readonly string[] {
  const all = messages.flatMap(withNested);
  return [
    ...all.flatMap(({ typeName, members }) => [
      typeName,
      ...members.map(({ name }) => `${typeName}.${name}`),
    ]),
    ...[...enums, ...all.flatMap(({ nestedEnums }) => nestedEnums)].map(({ typeName }) => typeName),
    ...services.flatMap(({ typeName, methods }) => [
      typeName,
      ...methods.map(({ name }) => `${typeName}.${name}`),
    ]),
  ];
}

function withNested(message: DescMessage): readonly DescMessage[] {
  return [message, ...message.nestedMessages.flatMap(withNested)];
}

function extensionsIn(message: DescMessage) {
  return withNested(message).flatMap(({ nestedExtensions }) => nestedExtensions);
}
