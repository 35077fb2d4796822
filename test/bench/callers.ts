// Who calls in a benchmark: as thin as can be, since the caller has one of the two cores.

import { connect, type Socket } from 'node:net';

import { Client, credentials, Metadata } from '@grpc/grpc-js';

const same = (bytes: Buffer) => bytes;
/** A connection takes a hundred calls at once. */
const connections = 4;

export type Call = (payload: Buffer) => Promise<Buffer>;

export interface Caller {
  readonly call: Call;
  close(): void;
}

export function grpcCaller(port: number, path: string, token: string | null): Caller {
  const clients = Array.from(
    { length: connections },
    () =>
      new Client(`127.0.0.1:${port}`, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 }),
  );
  const metadata = new Metadata();
  if (token !== null) metadata.set('authorization', `Bearer ${token}`);
  let turn = 0;
  const call: Call = (payload) => {
    turn = (turn + 1) % connections;
    const client = clients[turn] as Client;
    return new Promise((resolve, reject) => {
      client.makeUnaryRequest<Buffer, Buffer>(path, same, same, payload, metadata, (error, answer) => {
        if (error !== null || answer === undefined) reject(error ?? new Error('no answer'));
        else resolve(answer);
      });
    });
  };
  return { call, close: () => clients.forEach((client) => void client.close()) };
}

/** A request at a time on each of its connections. The payload is the whole request. */
export async function httpCaller(port: number, sockets: number): Promise<Caller> {
  const idle: HttpConnection[] = [];
  const waiting: ((connection: HttpConnection) => void)[] = [];
  const all = await Promise.all(Array.from({ length: sockets }, () => HttpConnection.open(port)));
  idle.push(...all);
  const take = () =>
    new Promise<HttpConnection>((resolve) => {
      const connection = idle.pop();
      if (connection === undefined) waiting.push(resolve);
      else resolve(connection);
    });
  const call: Call = async (payload) => {
    const connection = await take();
    try {
      return await connection.send(payload);
    } finally {
      const next = waiting.shift();
      if (next === undefined) idle.push(connection);
      else next(connection);
    }
  };
  return { call, close: () => all.forEach((connection) => void connection.end()) };
}

class HttpConnection {
  readonly #socket: Socket;
  #seen = '';
  #resolve: (answer: Buffer) => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay().on('data', (bytes) => this.#take(bytes));
    socket.on('close', () => this.#reject(new Error('the connection was closed')));
    socket.on('error', (error) => this.#reject(error));
  }

  static open(port: number): Promise<HttpConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(new HttpConnection(socket)));
      socket.once('error', reject);
    });
  }

  send(request: Buffer): Promise<Buffer> {
    if (this.#socket.destroyed) return Promise.reject(new Error('the connection was closed'));
    return new Promise((resolve, reject) => {
      [this.#resolve, this.#reject] = [resolve, reject];
      this.#socket.write(request);
    });
  }

  end(): void {
    this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    this.#seen += bytes.toString('latin1');
    const head = this.#seen.indexOf('\r\n\r\n');
    if (head === -1) return;
    const length = Number(/content-length: (\d+)/i.exec(this.#seen)?.[1]);
    if (this.#seen.length < head + 4 + length) return;
    const [answer, status] = [this.#seen.slice(head + 4), this.#seen.slice(9, 12)];
    this.#seen = '';
    if (status === '200') this.#resolve(Buffer.from(answer, 'latin1'));
    else this.#reject(new Error(`it was answered ${status}: ${answer}`));
  }
}
