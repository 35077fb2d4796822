import { Writable } from 'node:stream';

import { describe, expect, it } from '@jest/globals';

import { Output, plain } from '#cli/output.js';
import { barLine } from '#cli/progress-bar.js';
import type { Environment } from '#server/config.js';

const escapeCharacter = '\u001b';

function streamOf({ isTTY }: { readonly isTTY: boolean }) {
  const written: string[] = [];
  const stream = new Writable({
    write: (part, _, done) => {
      written.push(String(part));
      done();
    },
  });
  return Object.assign(stream, { isTTY, columns: 60, text: () => written.join('') });
}

function outputOn(isTTY: boolean, { environment = {} as Environment, isJson = false } = {}) {
  const [standardOutput, standardError] = [streamOf({ isTTY }), streamOf({ isTTY })];
  const output = new Output({ standardOutput, standardError, environment, isJson });
  return { output, standardOutput, standardError };
}

const tableOn = (isTTY: boolean, environment: Environment = {}): string =>
  outputOn(isTTY, { environment }).output.table(
    ['state', 'what'],
    [[{ text: 'problem', colour: 'red' }, 'clock']],
  );

describe('a table', () => {
  it('has colours on a terminal, and nowhere else', () => {
    expect(tableOn(true)).toContain(`${escapeCharacter}[31m`);
    expect(tableOn(false)).toBe('state    what\nproblem  clock');
  });

  it('has none where NO_COLOR is set, or the terminal has none', () => {
    expect(tableOn(true, { NO_COLOR: '1' })).toBe(tableOn(false));
    expect(tableOn(true, { TERM: 'dumb' })).toBe(tableOn(false));
    expect(tableOn(true, { NO_COLOR: '' })).toContain(escapeCharacter);
  });

  it('lets nothing that comes from elsewhere repaint the screen', () => {
    const { output } = outputOn(true, { environment: { NO_COLOR: '1' } });
    const table = output.table(['name'], [[`${escapeCharacter}[2Jx\ny\u0007`]]);
    expect(table).toBe('name\nx y');
    expect(plain('a\u2028b')).toBe('a b');
  });
});

describe('a progress bar', () => {
  function shown(isTTY: boolean, isJson: boolean): string {
    const { output, standardError } = outputOn(isTTY, { isJson });
    const bar = output.progress('verify');
    bar.show(50, 100);
    bar.show(100, 100);
    bar.end();
    return standardError.text();
  }

  it('is drawn for somebody who looks, and taken away at the end', () => {
    const text = shown(true, false);
    expect(text).toContain('verify ');
    expect(text).toContain('100 %');
    expect(text.endsWith(`\r${escapeCharacter}[K`)).toBe(true);
  });

  it('is drawn neither where nobody looks nor beside JSON', () => {
    expect(shown(false, false)).toBe('');
    expect(shown(true, true)).toBe('');
  });

  it('says how much is done, how fast, and how long it will still take', () => {
    expect(barLine('copy', { done: 2_500, total: 10_000, elapsedMs: 500 })).toBe(
      'copy ██████░░░░░░░░░░░░░░░░░░ 25 %  2,500 of 10,000, 5,000/s, 2 s left',
    );
    expect(barLine('copy', { done: 0, total: 0, elapsedMs: 0 })).toContain('100 %  0 of 0');
  });
});

describe('an answer', () => {
  it('is one line of JSON for a script, without the notes for people', async () => {
    const { output, standardOutput, standardError } = outputOn(false, { isJson: true });
    output.note('beside');
    await output.answer({ one: 1 }, () => 'for people');
    expect(standardOutput.text()).toBe('{"one":1}\n');
    expect(standardError.text()).toBe('');
  });
});
