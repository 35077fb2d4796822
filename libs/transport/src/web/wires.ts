// What a content type says: which protocol of browsers is spoken, and how messages are written in it.

export interface Wire {
  readonly protocol: 'connect' | 'grpc-web';
  readonly format: 'proto' | 'json';
  /** The whole body in base64, for clients that cannot send or read bytes. */
  readonly isText: boolean;
  /** Of the answer. */
  readonly contentType: string;
}

const connect = { protocol: 'connect', isText: false } as const;
const grpcWeb = { protocol: 'grpc-web', isText: false, format: 'proto' } as const;
const binary: Wire = { ...grpcWeb, contentType: 'application/grpc-web+proto' };
const text: Wire = { ...grpcWeb, isText: true, contentType: 'application/grpc-web-text+proto' };

const wires: ReadonlyMap<string, Wire> = new Map([
  ['application/json', { ...connect, format: 'json', contentType: 'application/json' }],
  ['application/proto', { ...connect, format: 'proto', contentType: 'application/proto' }],
  ['application/grpc-web', binary],
  ['application/grpc-web+proto', binary],
  ['application/grpc-web+json', { ...binary, format: 'json', contentType: 'application/grpc-web+json' }],
  ['application/grpc-web-text', text],
  ['application/grpc-web-text+proto', text],
]);

export const contentTypes: readonly string[] = [...wires.keys()];

const withUtf8 = /^([^;\s]+)\s*;\s*charset\s*=\s*"?utf-?8"?\s*$/i;

/** Null where nothing here speaks it. */
export function wireOf(contentType: string | undefined): Wire | null {
  if (contentType === undefined) return null;
  const known = wires.get(contentType);
  if (known !== undefined) return known;
  const [, name = contentType] = withUtf8.exec(contentType) ?? [];
  return wires.get(name.toLowerCase()) ?? null;
}

/** Which is spoken over HTTP/2, on the same port. */
export function isGrpc(contentType: string | undefined): boolean {
  return /^application\/grpc(\+|;|$)/i.test(contentType ?? '');
}
