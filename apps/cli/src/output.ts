// What goes to a person or to a script. Answers go to standard output, all else to standard error; colours and
// bars only where somebody looks at them.

import { once } from 'node:events';
import { stripVTControlCharacters, styleText } from 'node:util';

import { ProgressBar } from '#cli/progress-bar.js';
import type { Environment } from '#server/config.js';

export type Colour = 'bold' | 'dim' | 'green' | 'red' | 'yellow' | 'cyan';
export type Cell = string | { readonly text: string; readonly colour: Colour };
export type Stream = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

export interface OutputOptions {
  readonly standardOutput: Stream;
  readonly standardError: Stream;
  readonly environment: Environment;
  readonly isJson: boolean;
}

/** Between two columns of a table. */
const gap = '  ';

export class Output {
  readonly isJson: boolean;
  readonly #output: Stream;
  readonly #error: Stream;
  readonly #hasColour: (stream: Stream) => boolean;

  constructor({ standardOutput, standardError, environment, isJson }: OutputOptions) {
    this.isJson = isJson;
    this.#output = standardOutput;
    this.#error = standardError;
    const { NO_COLOR: noColour = '', TERM: terminal } = environment;
    this.#hasColour = (stream) => stream.isTTY === true && noColour === '' && terminal !== 'dumb';
  }

  /** Resolves when it is taken: a reader that is slow is waited for. */
  async write(text: string): Promise<void> {
    if (!this.#output.write(text)) await once(this.#output, 'drain');
  }

  line(text: string): Promise<void> {
    return this.write(`${text}\n`);
  }

  /** The whole answer in JSON, or a line of one that has several. */
  json(value: unknown): Promise<void> {
    return this.line(JSON.stringify(value));
  }

  /** An answer in its two forms. */
  async answer(value: unknown, forPeople: () => string | Promise<string>): Promise<void> {
    if (this.isJson) await this.json(value);
    else await this.line(await forPeople());
  }

  /** For people beside the answer: never part of it. */
  note(text: string): void {
    if (!this.isJson) this.#error.write(`${text}\n`);
  }

  failure(text: string): void {
    this.#error.write(`${text}\n`);
  }

  table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
    return layTable(head, rows, (text, colour) => this.paint(text, colour));
  }

  paint(text: string, colour: Colour): string {
    return this.#hasColour(this.#output) ? styleText(colour, text, { validateStream: false }) : text;
  }

  paintError(text: string, colour: Colour): string {
    return this.#hasColour(this.#error) ? styleText(colour, text, { validateStream: false }) : text;
  }

  /** On a terminal alone; elsewhere nobody would look at it. */
  progress(what: string): ProgressBar {
    const isSeen = this.#error.isTTY === true && !this.isJson;
    return new ProgressBar({ what, stream: isSeen ? this.#error : null });
  }
}

function layTable(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  paint: (text: string, colour: Colour) => string,
): string {
  const texts = [head, ...rows.map((row) => row.map((cell) => plain(textOf(cell))))];
  const widths = head.map((_, column) => Math.max(...texts.map((row) => (row[column] ?? '').length)));
  const lay = (row: readonly string[], colour: (column: number) => Colour | null): string =>
    row
      .map((text, column) => {
        const isLast = column === head.length - 1;
        const wide = isLast ? text : text.padEnd(widths[column] ?? 0);
        const painted = colour(column);
        return painted === null ? wide : paint(wide, painted);
      })
      .join(gap)
      .trimEnd();
  const lines = rows.map((row, index) =>
    lay(texts[index + 1] ?? [], (column) => {
      const cell = row[column] ?? '';
      return typeof cell === 'string' ? null : cell.colour;
    }),
  );
  return [lay(head, () => 'bold'), ...lines].join('\n');
}

const textOf = (cell: Cell): string => (typeof cell === 'string' ? cell : cell.text);

/** What comes from elsewhere may not repaint the screen, or break the line. */
export function plain(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/[\p{Cc}\u2028\u2029]/gu, ' ');
}
