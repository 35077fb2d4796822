// How messages stand on a stream of gRPC.

/** Answers are not compressed: they are small, and what is secret would be told by its length. */
const answerHead = [
  ':status',
  '200',
  'content-type',
  'application/grpc+proto',
  'grpc-accept-encoding',
  'identity,deflate,gzip',
];

/** Names and values in turn: of an object Node would make another one, which it keeps for as long as the stream. */
export function answerHeaders(headers: Readonly<Record<string, string>>, requestId: string): string[] {
  const list = [...answerHead, 'x-request-id', requestId];
  for (const name in headers) if (name !== 'x-request-id') list.push(name, headers[name] as string);
  return list;
}

/** A byte that says that it is not compressed, and its length. */
export function frameOf(bytes: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(5 + bytes.length);
  frame[0] = 0;
  frame.writeUInt32BE(bytes.length, 1);
  frame.set(bytes, 5);
  return frame;
}
