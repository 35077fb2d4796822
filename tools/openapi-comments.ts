// The comments of the contract, which generated code does not keep, for /openapi.json and /docs.
//
//   node --conditions=development tools/openapi-comments.ts     writes libs/transport/src/openapi/comments.ts

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { fromBinary } from '@bufbuild/protobuf';
import {
  type DescriptorProto,
  type EnumDescriptorProto,
  type FileDescriptorProto,
  FileDescriptorSetSchema,
  type ServiceDescriptorProto,
} from '@bufbuild/protobuf/wkt';

const root = join(import.meta.dirname, '..');
export const commentsPath = 'libs/transport/src/openapi/comments.ts';

/** Of the file as it is to be, formatted. */
export function commentsSource(): string {
  const { file: files } = fromBinary(FileDescriptorSetSchema, run('buf', ['build', '-o', '-']));
  const described = files.filter(({ package: name }) => /^(zitadel|countersign)\./.test(name));
  const entries = described
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
    .map((file) => [file.name, JSON.stringify(Object.fromEntries(commentsOf(file)))]);
  const source = `// Generated from the comments in proto/ by tools/openapi-comments.ts: full names to comments, a text of JSON for
// each file.

export const commentsByFile: Readonly<Record<string, string>> = ${JSON.stringify(Object.fromEntries(entries))};
`;
  return run('biome', ['format', `--stdin-file-path=${commentsPath}`], source).toString('utf8');
}

function run(command: string, args: readonly string[], input?: string): Buffer {
  return execFileSync(join(root, 'node_modules', '.bin', command), args, {
    cwd: root,
    maxBuffer: 64 * 1024 * 1024,
    ...(input === undefined ? {} : { input }),
  });
}

type Named = readonly (readonly [name: string, path: string])[];

function commentsOf(file: FileDescriptorProto): readonly (readonly [string, string])[] {
  const comments = new Map(
    file.sourceCodeInfo?.location.map(({ path, leadingComments }) => [path.join('.'), leadingComments]),
  );
  return namesOf(file).flatMap(([name, path]) => {
    const comment = tidy(comments.get(path) ?? '');
    return comment === '' ? [] : [[name, comment]];
  });
}

/** One line a paragraph. */
function tidy(comment: string): string {
  const paragraphs = comment.split(/\n\s*\n/).map((text) => text.replaceAll(/\s+/g, ' ').trim());
  return paragraphs.filter((text) => text !== '').join('\n\n');
}

/** Each thing by its full name, with the numbers by which descriptor.proto says where it stands. */
function namesOf(file: FileDescriptorProto): Named {
  const within = file.package;
  return [
    ...file.messageType.flatMap((one, at) => namesOfMessage(one, `4.${at}`, within)),
    ...file.enumType.flatMap((one, at) => namesOfEnum(one, `5.${at}`, within)),
    ...file.service.flatMap((one, at) => namesOfService(one, `6.${at}`, within)),
  ];
}

function namesOfMessage(message: DescriptorProto, path: string, within: string): Named {
  const name = `${within}.${message.name}`;
  return [
    [name, path],
    ...message.field.map((field, at) => [`${name}.${field.name}`, `${path}.2.${at}`] as const),
    ...message.nestedType.flatMap((one, at) => namesOfMessage(one, `${path}.3.${at}`, name)),
    ...message.enumType.flatMap((one, at) => namesOfEnum(one, `${path}.4.${at}`, name)),
  ];
}

function namesOfEnum(description: EnumDescriptorProto, path: string, within: string): Named {
  const name = `${within}.${description.name}`;
  return [
    [name, path],
    ...description.value.map((value, at) => [`${name}.${value.name}`, `${path}.2.${at}`] as const),
  ];
}

function namesOfService(service: ServiceDescriptorProto, path: string, within: string): Named {
  const name = `${within}.${service.name}`;
  return [
    [name, path],
    ...service.method.map((method, at) => [`${name}.${method.name}`, `${path}.2.${at}`] as const),
  ];
}

if (process.argv[1] === import.meta.filename) writeFileSync(join(root, commentsPath), commentsSource());
