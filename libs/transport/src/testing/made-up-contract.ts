// Services with every kind of route and field, some of which the contract has not yet. One speaks as ZITADEL
// does, and one is ours: what is not known is treated differently.

import {
  createFileRegistry,
  createRegistry,
  type DescService,
  type FileRegistry,
  fromJson,
} from '@bufbuild/protobuf';
import {
  FileDescriptorProtoSchema,
  file_google_protobuf_duration,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
} from '@bufbuild/protobuf/wkt';

import { file_google_api_annotations } from '#contract/google/api/annotations_pb.js';

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

const route = (rule: Json): Json => ({ '[google.api.http]': rule });

/** `type of name`, as `STRING user_id`. */
const field = (number: number, kind: string, more: { readonly [name: string]: Json } = {}): Json => {
  const [type, name = ''] = kind.split(' ');
  const jsonName = name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return { name, jsonName, number, type: `TYPE_${type}`, label: 'LABEL_OPTIONAL', ...more };
};

const repeated = { label: 'LABEL_REPEATED' };

const messages = (of: string): Json => [
  { name: 'Wheel', field: [field(1, 'INT32 size'), field(2, 'STRING tyre_name')] },
  {
    name: 'Filter',
    field: [
      field(1, 'STRING name'),
      field(2, 'UINT64 limit'),
      field(3, 'MESSAGE wheel', { typeName: `.${of}.Wheel` }),
    ],
  },
  {
    name: 'Thing',
    oneofDecl: [{ name: 'motor' }],
    field: [
      field(1, 'STRING user_id'),
      field(2, 'STRING display_name'),
      field(3, 'BOOL is_fast'),
      field(4, 'INT64 mileage'),
      field(5, 'BYTES photo'),
      field(6, 'MESSAGE made_at', { typeName: '.google.protobuf.Timestamp' }),
      field(7, 'ENUM colours', { typeName: `.${of}.Colour`, ...repeated }),
      field(8, 'MESSAGE filter', { typeName: `.${of}.Filter` }),
      field(9, 'MESSAGE wheels', { typeName: `.${of}.Wheel`, ...repeated }),
      field(10, 'STRING petrol', { oneofIndex: 0 }),
      field(11, 'STRING electric', { oneofIndex: 0 }),
      field(12, 'DOUBLE weight'),
      field(13, 'ENUM colour', { typeName: `.${of}.Colour` }),
      field(14, 'MESSAGE lifetime', { typeName: '.google.protobuf.Duration' }),
      field(15, 'MESSAGE is_old', { typeName: '.google.protobuf.BoolValue' }),
      field(16, 'STRING tags', repeated),
    ],
  },
];

const method = (of: string, name: string, rule: Json): Json => ({
  name,
  inputType: `.${of}.Thing`,
  outputType: `.${of}.Thing`,
  options: route(rule),
});

const methods = (of: string, base: string): Json => [
  method(of, 'Add', { post: `${base}/things`, body: '*' }),
  method(of, 'Get', {
    get: `${base}/things/{user_id}`,
    additionalBindings: [{ get: `${base}/things/{user_id}/by-name/{display_name}` }],
  }),
  method(of, 'Change', { patch: `${base}/things/{user_id}`, body: '*' }),
  method(of, 'Remove', { delete: `${base}/things/{user_id}` }),
  method(of, 'Filter', { put: `${base}/things/{user_id}/filter`, body: 'filter' }),
  method(of, 'Turn', { post: `${base}/things/{user_id}/wheels/{filter.wheel.size}`, body: '*' }),
  method(of, 'Lock', { post: `${base}/locks/{user_id}:lock`, body: '*' }),
  method(of, 'Unlock', { post: `${base}/locks/{user_id}:unlock`, body: '*' }),
  method(of, 'Search', { post: `${base}/things/_search` }),
  method(of, 'Silent', {}),
];

function fileOf(of: string, base: string): Json {
  return {
    name: `${of.replaceAll('.', '/')}/things.proto`,
    package: of,
    syntax: 'proto3',
    dependency: [
      'google/api/annotations.proto',
      'google/protobuf/timestamp.proto',
      'google/protobuf/duration.proto',
      'google/protobuf/wrappers.proto',
    ],
    messageType: messages(of),
    enumType: [
      {
        name: 'Colour',
        value: ['COLOUR_UNSPECIFIED', 'COLOUR_RED', 'COLOUR_BLUE'].map((name, number) => ({ name, number })),
      },
    ],
    service: [{ name: 'ThingService', method: methods(of, base) }],
  };
}

const dependencies = [
  file_google_api_annotations,
  file_google_protobuf_timestamp,
  file_google_protobuf_duration,
  file_google_protobuf_wrappers,
];

function registryOf(of: string, base: string): FileRegistry {
  const options = createRegistry(file_google_api_annotations);
  const file = fromJson(FileDescriptorProtoSchema, fileOf(of, base) as never, { registry: options });
  return createFileRegistry(file, (name) => dependencies.find((one) => `${one.name}.proto` === name));
}

function serviceOf(of: string, base: string): DescService {
  const service = registryOf(of, base).getService(`${of}.ThingService`);
  if (service === undefined) throw new Error(`there is no service in ${of}`);
  return service;
}

export const lenientService: DescService = serviceOf('zitadel.made_up.v2', '/v2');
export const strictService: DescService = serviceOf('countersign.made_up.v1', '/countersign/v1');
