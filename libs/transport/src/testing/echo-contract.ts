// A service of one message, as deep as one likes.

import { createFileRegistry, type DescMessage, type DescService, fromJson } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';

const name = 'echo/v1/echo.proto';
const type = '.echo.v1.Echoed';
const optional = { label: 'LABEL_OPTIONAL' };

const file = fromJson(FileDescriptorProtoSchema, {
  name,
  package: 'echo.v1',
  syntax: 'proto3',
  messageType: [
    {
      name: 'Echoed',
      field: [
        { ...optional, name: 'text', jsonName: 'text', number: 1, type: 'TYPE_STRING' },
        { ...optional, name: 'inner', jsonName: 'inner', number: 2, type: 'TYPE_MESSAGE', typeName: type },
      ],
    },
  ],
  service: [
    {
      name: 'EchoService',
      method: [
        { name: 'Echo', inputType: type, outputType: type },
        { name: 'Shout', inputType: type, outputType: type },
      ],
    },
  ],
});

const registry = createFileRegistry(file, () => undefined);

export const EchoService = registry.getService('echo.v1.EchoService') as DescService;
export const EchoedSchema = registry.getMessage('echo.v1.Echoed') as DescMessage;
