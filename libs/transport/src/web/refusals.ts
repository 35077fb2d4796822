// What is refused here before a call is one.

import { type Status, statusCodes } from '#transport/call.js';
import { messageBytesMax } from '#transport/web/limits.js';

function refusal(code: keyof typeof statusCodes, message: string): Status {
  return { code: statusCodes[code], message, details: [] };
}

export const refusals = {
  broken: refusal('internal', 'Something broke here. The request id finds it in the log.'),
  elsewhere: refusal('unimplemented', 'gRPC is spoken on this port over HTTP/2, and over HTTP/1.1 gRPC-Web.'),
  encoding: refusal('unimplemented', 'A message is understood here as it is, or compressed by gzip.'),
  flags: refusal('invalidArgument', 'A frame has flags that mean nothing in a request.'),
  garbled: refusal('invalidArgument', 'What is said to be compressed by gzip is not.'),
  method: refusal('unimplemented', 'A call is a POST.'),
  notBase64: refusal('invalidArgument', 'The body is not base64.'),
  notOne: refusal('invalidArgument', 'A call here has one message.'),
  nothing: refusal('unimplemented', 'There is no such method here.'),
  timeout: refusal('invalidArgument', 'The timeout makes no sense.'),
  tooLarge: refusal('resourceExhausted', `A message is over ${messageBytesMax} bytes.`),
  truncated: refusal('invalidArgument', 'The body ends in the middle of a frame.'),
  type: refusal('invalidArgument', 'This content type is not spoken here.'),
  version: refusal('invalidArgument', 'Of the Connect protocol, version 1 is spoken here.'),
  wellFormed: refusal('invalidArgument', 'The request is not well-formed.'),
} as const satisfies Record<string, Status>;

export function refusalOf(message: string): Status {
  return refusal('invalidArgument', message);
}
