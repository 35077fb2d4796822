// Streams over REST: a line of JSON for each message, in the envelope that gateways of gRPC have made known (ADR 40).

import { type DescMessage, type Message, toJson } from '@bufbuild/protobuf';

import type { Status } from '#transport/call.js';
import type { Writing } from '#transport/http-stream.js';
import { statusText } from '#transport/rest/status-json.js';

/** https://github.com/ndjson/ndjson-spec */
export const streamContentType = 'application/x-ndjson';

export const linesOf = (output: DescMessage): Writing => ({
  contentType: streamContentType,
  of: (message: Message) => `{"result":${JSON.stringify(toJson(output, message))}}\n`,
  ofEnd: (status: Status | null) => (status === null ? null : `{"error":${statusText(status)}}\n`),
});
