// A secret from standard input: in no argument, where every user of the machine would see it among the processes, and
// in no history of a shell.

import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';

import { usageFailure } from '#cli/command-failure.js';
import type { Output } from '#cli/output.js';

/** Throws `CommandFailure` for what is not one line with something in it. */
export async function readSecret(what: string, output: Output): Promise<string> {
  const given = process.stdin.isTTY ? await typed(what, output) : await text(process.stdin);
  const secret = given.replace(/\r?\n$/, '');
  if (secret === '') throw usageFailure(`there was no ${what} on standard input`, 'such as: … < file');
  if (/[\r\n]/.test(secret)) throw usageFailure(`the ${what} must be one line`, 'there were several');
  return secret;
}

/** Nothing of it is shown. */
async function typed(what: string, output: Output): Promise<string> {
  output.failure(`${what}:`);
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: process.stdin, output: unseen, terminal: true });
  try {
    return await reader.question('');
  } finally {
    reader.close();
  }
}
