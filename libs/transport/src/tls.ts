// TLS on the one port: what it is made of, and that ALPN says which protocol is inside.

import { createServer, type Server, type TLSSocket } from 'node:tls';

import { firstBytesWithinMs } from '#transport/listener-limits.js';

export interface TlsOptions {
  /** PEM: the certificate and those that it is signed by. */
  readonly certificate: string | Buffer;
  readonly key: string | Buffer;
  /** PEM: where given, clients must bring a certificate that it signed. */
  readonly clientAuthority: string | Buffer | null;
}

/** Never listens: connections come from the shared listener, and go to `take` when their handshake is done. */
export function tlsServer(
  { certificate, key, clientAuthority }: TlsOptions,
  take: (socket: TLSSocket) => void,
): Server {
  const server = createServer({
    cert: certificate,
    key,
    ...(clientAuthority !== null && { ca: clientAuthority, requestCert: true, rejectUnauthorized: true }),
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['h2', 'http/1.1'],
    handshakeTimeout: firstBytesWithinMs,
  });
  server.on('secureConnection', take);
  // A handshake that fails is the client's affair: its connection is destroyed, and nothing else happens.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return server;
}
