import type { write } from 'node:fs';

import { describe, expect, it } from '@jest/globals';

import { LogOutput } from '#server/log-output.js';

type Answer = (error: NodeJS.ErrnoException | null, written: number) => void;

/** A file descriptor of which the test says when and how it answers. */
function destination(): {
  readonly asWrite: typeof write;
  readonly writes: { text: string; answer: Answer }[];
} {
  const writes: { text: string; answer: Answer }[] = [];
  const asWrite = ((...args: [number, Buffer, number, number, null, Answer]) => {
    writes.push({ text: args[1].toString(), answer: args[5] });
  }) as typeof write;
  return { asWrite, writes };
}

/** Until what was logged in this turn of the event loop has left. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

const failure = (code: string): NodeJS.ErrnoException => Object.assign(new Error(code), { code });

describe('the log output', () => {
  it('writes together what comes in one turn, and what comes while it writes', async () => {
    const { asWrite, writes } = destination();
    const output = new LogOutput(1, asWrite);
    for (const line of ['a\n', 'b\n']) output.write(line);
    expect(writes).toEqual([]);
    await turn();
    for (const line of ['c\n', 'd\n']) output.write(line);
    await turn();
    expect(writes.map(({ text }) => text)).toEqual(['a\nb\n']);
    writes[0]?.answer(null, 4);
    expect(writes.map(({ text }) => text)).toEqual(['a\nb\n', 'c\nd\n']);
  });

  it('goes on where a write stopped short', async () => {
    const { asWrite, writes } = destination();
    new LogOutput(1, asWrite).write('abcdef\n');
    await turn();
    writes[0]?.answer(null, 2);
    expect(writes[1]?.text).toBe('cdef\n');
  });

  it('keeps at most 4 MiB for a reader that stopped, and counts the lines that are lost', async () => {
    const { asWrite, writes } = destination();
    const output = new LogOutput(1, asWrite);
    const line = `${'x'.repeat(1023)}\n`;
    output.write(line);
    await turn();
    for (let count = 0; count < 5000; count += 1) output.write(line);
    // One is being written, 4096 wait.
    expect(output.takeDropped()).toBe(5000 - 4096);
    expect(output.takeDropped()).toBe(0);
    writes[0]?.answer(null, 1024);
    output.write(line);
    expect(output.takeDropped()).toBe(0);
  });

  it('loses only what a full disk refused', async () => {
    const { asWrite, writes } = destination();
    const output = new LogOutput(1, asWrite);
    output.write('a\n');
    await turn();
    output.write('b\n');
    writes[0]?.answer(failure('ENOSPC'), 0);
    expect(writes[1]?.text).toBe('b\n');
    expect(output.takeDropped()).toBe(1);
  });

  it('tries again when the reader says: not now', async () => {
    const { asWrite, writes } = destination();
    const output = new LogOutput(1, asWrite);
    output.write('a\n');
    await turn();
    writes[0]?.answer(failure('EAGAIN'), 0);
    const flushed = output.flush(5_000);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(writes[1]?.text).toBe('a\n');
    writes[1]?.answer(null, 2);
    await flushed;
  });

  it('gives up for good when the reader is gone', async () => {
    const { asWrite, writes } = destination();
    const output = new LogOutput(1, asWrite);
    output.write('a\n');
    await turn();
    writes[0]?.answer(failure('EPIPE'), 0);
    output.write('b\n');
    await output.flush(5_000);
    expect(writes).toHaveLength(1);
  });

  it('is flushed when all is written, and not waited for beyond the time', async () => {
    const { asWrite, writes } = destination();
    const output = new LogOutput(1, asWrite);
    await output.flush(5_000);
    output.write('a\n');
    await output.flush(10);
    writes[0]?.answer(null, 2);
    await output.flush(5_000);
  });
});
