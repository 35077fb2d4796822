// Whatever is told of what goes wrong: each refusal and each error, in every way in which a program may come to
// write it down.

import { inspect } from 'node:util';

import { type Logger, pino } from 'pino';

const inspectOptions = { depth: 12, showHidden: true, maxStringLength: null, maxArrayLength: null };

export class Witness {
  /** Of a program that writes whole objects, as ours does not. */
  readonly #log: Logger;
  readonly #heard: string[] = [];
  things = 0;

  constructor() {
    this.#log = pino({ level: 'trace' }, { write: (line) => this.#heard.push(line) });
  }

  readonly hear = (thing: unknown): void => {
    this.things += 1;
    this.#log.error(thing);
    this.#log.error({ thing, error: thing }, String(thing));
    this.#heard.push(inspect(thing, inspectOptions), `${JSON.stringify(thing)}`);
    for (let error = thing; error instanceof Error; error = error.cause) {
      this.#heard.push(error.message, String(error.stack), JSON.stringify(Object.entries(error)));
    }
  };

  /** As it was told, and without the breaks that a layout puts into what it shows. */
  told(): readonly Buffer[] {
    return this.#heard.flatMap((text) => [Buffer.from(text), Buffer.from(text.replaceAll(/\s+/g, ''))]);
  }
}
