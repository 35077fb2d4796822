// Native gRPC over HTTP/2 by prior knowledge, with Google's own client.

import type { JsonObject } from '@bufbuild/protobuf';
import { Client, compressionAlgorithms, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';

import { bytesOf, detailsOfStatus, jsonOfBytes } from '#test/conformance/messages.js';
import { type Brings, headersOf, type Protocol, type Told } from '#test/conformance/protocol.js';

/** @param isAlone for a connection that it shares with no other client */
export function grpc(address: string, { isAlone = false }: { readonly isAlone?: boolean } = {}): Protocol {
  const own = { 'grpc.use_local_subchannel_pool': isAlone ? 1 : 0 };
  const plain = new Client(address, credentials.createInsecure(), own);
  const compressing = new Client(address, credentials.createInsecure(), {
    ...own,
    'grpc.default_compression_algorithm': compressionAlgorithms.gzip,
  });
  return {
    name: 'gRPC',
    noSuchMethod: 12,
    call: (path, request, brings = {}) =>
      ask(brings.compressed === true ? compressing : plain, { path, request, brings }),
    close: () => {
      plain.close();
      compressing.close();
    },
  };
}

interface Question {
  readonly path: string;
  readonly request: JsonObject;
  readonly brings: Brings;
}

function ask(client: Client, { path, request, brings }: Question): Promise<Told> {
  const headers: Record<string, string> = {};
  return new Promise((resolve) => {
    const call = client.makeUnaryRequest<Buffer, Buffer>(
      `/${path}`,
      (bytes) => bytes,
      (bytes) => bytes,
      bytesOf(path, request, brings.fieldOfTomorrow),
      metadataOf(brings),
      (error, bytes) => {
        if (error !== null) return resolve(refusalOf(error, headers));
        const answer = jsonOfBytes(path, bytes ?? Buffer.alloc(0));
        resolve({ status: 0, message: '', details: [], answer, headers });
      },
    );
    call.on('metadata', (metadata) => Object.assign(headers, textsOf(metadata)));
    call.on('status', ({ metadata }) => Object.assign(headers, textsOf(metadata)));
  });
}

/** The deadline is only told, and not kept by the client: so whatever says that it is over is the server. */
function metadataOf(brings: Brings): Metadata {
  const metadata = new Metadata();
  if (brings.timeoutMs !== undefined) metadata.set('grpc-timeout', `${brings.timeoutMs}m`);
  for (const [name, value] of Object.entries(headersOf(brings))) metadata.set(name, value);
  return metadata;
}

function refusalOf({ code, details, metadata }: ServiceError, headers: Record<string, string>): Told {
  const [bytes] = metadata.get('grpc-status-details-bin');
  return {
    status: code,
    message: details,
    details: bytes === undefined ? [] : detailsOfStatus(bytes as Buffer),
    answer: {},
    headers: { ...headers, ...textsOf(metadata) },
  };
}

function textsOf(metadata: Metadata): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata.getMap()).map(([name, value]) => [name, String(value)]));
}
