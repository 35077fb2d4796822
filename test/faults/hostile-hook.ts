// Read by the server under attack before itself: tells what memory it keeps when asked by a signal, and makes the
// bugs that the attack has to find, as the environment of this run says. None of it is shipped.

import { IncomingMessage, ServerResponse } from 'node:http';
import { getHeapCodeStatistics } from 'node:v8';

process.on('SIGUSR2', () => {
  globalThis.gc?.();
  setTimeout(() => {
    globalThis.gc?.();
    const { heapUsed, external, rss } = process.memoryUsage();
    const code = getHeapCodeStatistics();
    const compiled = code.bytecode_and_metadata_size + code.code_and_metadata_size;
    process.stderr.write(`memory ${JSON.stringify({ heapUsed, external, compiled, rss })}\n`);
  }, 50);
});

const bugs: Readonly<Record<string, () => void>> = {
  crash: () => {
    const { parse } = JSON;
    JSON.parse = (text: string) => {
      if (/proto|constructor/.test(String(text))) setImmediate(throwIt);
      return parse(text);
    };
  },
  leak: () => {
    const kept: unknown[] = [];
    const { push } = IncomingMessage.prototype;
    IncomingMessage.prototype.push = function keep(...given) {
      kept.push(new Array(2_000).fill(this.url));
      return push.apply(this, given);
    };
  },
  silence: () => {
    const end = ServerResponse.prototype.end as (...given: unknown[]) => ServerResponse;
    ServerResponse.prototype.end = function forget(this: ServerResponse, ...given: unknown[]) {
      return this.statusCode === 415 ? this : end.apply(this, given);
    };
  },
  broken: () => {
    const writeHead = ServerResponse.prototype.writeHead as (...given: unknown[]) => ServerResponse;
    ServerResponse.prototype.writeHead = function fail(
      this: ServerResponse,
      ...[status, ...given]: unknown[]
    ) {
      return writeHead.call(this, status === 415 ? 500 : status, ...given);
    };
  },
};

function throwIt(): never {
  throw new Error('planted');
}

bugs[process.env.HOSTILE_PLANTED ?? '']?.();
