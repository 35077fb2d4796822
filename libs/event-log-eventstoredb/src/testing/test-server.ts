// The test server as a test sees it: a process that is started once and asked for nodes.

import { type ChildProcess, fork } from 'node:child_process';

import type {
  CommandName,
  CommandReply,
  Commands,
  StoredText,
} from '#event-log-eventstoredb/testing/control.js';
import type { FaultRule } from '#event-log-eventstoredb/testing/faults.js';

type Answer<Name extends CommandName> = ReturnType<Commands[Name]>;

export class TestServer {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #calls = 0;

  private constructor(process: ChildProcess) {
    this.#process = process;
    process.on('message', (reply: CommandReply) => this.#settle(reply));
    process.on('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the test server ended'));
    });
  }

  static start(): Promise<TestServer> {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const script = new URL(`./server-process.${extension}`, import.meta.url);
    const started = fork(script, {
      execArgv: ['--conditions=development'],
      env: { PATH: process.env.PATH },
    });
    return new Promise((resolve, reject) => {
      started.once('message', () => resolve(new TestServer(started)));
      started.once('exit', (code) => reject(new Error(`the test server ended with ${code}`)));
    });
  }

  async node(sharing: TestNode | null = null): Promise<TestNode> {
    const { node, port } = await this.call('create', sharing?.id ?? null);
    return new TestNode(this, node, port);
  }

  call<Name extends CommandName>(command: Name, ...args: Parameters<Commands[Name]>): Promise<Answer<Name>> {
    this.#calls += 1;
    const call = this.#calls;
    return new Promise((resolve, reject) => {
      this.#waiting.set(call, { resolve: resolve as (value: unknown) => void, reject });
      this.#process.send({ call, command, args });
    });
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#process.once('exit', () => resolve());
      this.#process.disconnect();
    });
  }

  #settle(reply: CommandReply): void {
    const waiting = this.#waiting.get(reply.call);
    this.#waiting.delete(reply.call);
    if ('error' in reply) waiting?.reject(new Error(reply.error));
    else waiting?.resolve(reply.value);
  }
}

/** One node of the server, with the switches that tests use. */
export class TestNode {
  readonly id: number;
  readonly port: number;
  readonly #server: TestServer;

  constructor(server: TestServer, id: number, port: number) {
    this.#server = server;
    this.id = id;
    this.port = port;
  }

  get connectionString(): string {
    return `esdb://127.0.0.1:${this.port}?tls=false`;
  }

  fault(rule: FaultRule): Promise<void> {
    return this.#server.call('addFault', this.id, rule);
  }

  stored(streamPrefix: string): Promise<StoredText[]> {
    return this.#server.call('stored', this.id, streamPrefix);
  }

  /** Every other command, with this node as its first argument. */
  tell<Name extends Exclude<CommandName, 'create'>>(
    command: Name,
    ...args: Parameters<Commands[Name]> extends [number, ...infer Rest] ? Rest : never
  ): Promise<Answer<Name>> {
    const call = this.#server.call.bind(this.#server) as unknown as (
      name: Name,
      ...all: unknown[]
    ) => Promise<Answer<Name>>;
    return call(command, this.id, ...args);
  }
}
