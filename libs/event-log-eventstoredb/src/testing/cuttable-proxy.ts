// Stands between a client and a server, whose connections a test cannot cut or silence otherwise.

import { connect, createServer, type Server, type Socket } from 'node:net';

/** One host without TLS: a certificate would not name the proxy, and a cluster names its own nodes. */
const oneHost = /^(esdb:\/\/(?:[^@/]*@)?)([^,:/?]+)(?::(\d+))?\/?(\?.*)$/;
const defaultPort = 2113;

export class CuttableProxy {
  readonly connectionString: string;
  readonly #server: Server | null;
  readonly #sockets: Set<Socket>;

  private constructor(connectionString: string, server: Server | null, sockets: Set<Socket>) {
    this.connectionString = connectionString;
    this.#server = server;
    this.#sockets = sockets;
  }

  static canStandBefore(connectionString: string): boolean {
    return oneHost.test(connectionString) && /[?&]tls=false\b/i.test(connectionString);
  }

  static async before(connectionString: string): Promise<CuttableProxy> {
    const [, head, host, port, query] = oneHost.exec(connectionString) ?? [];
    const sockets = new Set<Socket>();
    if (host === undefined || !CuttableProxy.canStandBefore(connectionString)) {
      return new CuttableProxy(connectionString, null, sockets);
    }
    const server = createServer((near) => join(near, connect(Number(port ?? defaultPort), host), sockets));
    const listening = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
    return new CuttableProxy(`${head}127.0.0.1:${listening}${query}`, server, sockets);
  }

  cut(): void {
    for (const socket of [...this.#sockets]) socket.destroy();
  }

  /** The connections there are go dead without a word, as when a cable is pulled; new ones live. */
  freeze(): void {
    for (const socket of this.#sockets) {
      socket.unpipe();
      socket.pause();
    }
  }

  async close(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    this.cut();
    await closed;
  }
}

function join(near: Socket, far: Socket, sockets: Set<Socket>): void {
  for (const [one, other] of [
    [near, far],
    [far, near],
  ] as const) {
    sockets.add(one);
    one.on('error', () => undefined);
    one.on('close', () => {
      sockets.delete(one);
      other.destroy();
    });
    one.pipe(other);
  }
}
