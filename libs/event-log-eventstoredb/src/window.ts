import { unavailable } from '#event-log/errors.js';

export interface WindowSize {
  readonly countMax: number;
  readonly weightMax: number;
  /** How long one may wait in line. */
  readonly waitMs: number;
}

/** Bounds what is under way by count and by weight; the rest waits in line, but not for ever. */
export class Window {
  readonly #size: WindowSize;
  #count = 0;
  #weight = 0;
  readonly #line: Waiting[] = [];

  constructor(size: WindowSize) {
    this.#size = size;
  }

  async run<Result>(weight: number, work: () => Promise<Result>): Promise<Result> {
    if (this.#line.length > 0 || !this.#hasRoom(weight)) {
      await this.#wait(weight);
    } else {
      this.#occupy(weight);
    }
    try {
      return await work();
    } finally {
      this.#count -= 1;
      this.#weight -= weight;
      this.#admit();
    }
  }

  #wait(weight: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting = {
        weight,
        enter: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        this.#line.splice(this.#line.indexOf(waiting), 1);
        reject(unavailable('too much is under way'));
      }, this.#size.waitMs);
      this.#line.push(waiting);
    });
  }

  #admit(): void {
    for (
      let first = this.#line[0];
      first !== undefined && this.#hasRoom(first.weight);
      first = this.#line[0]
    ) {
      this.#line.shift();
      this.#occupy(first.weight);
      first.enter();
    }
  }

  /** Something heavier than the whole window goes alone. */
  #hasRoom(weight: number): boolean {
    return (
      this.#count === 0 ||
      (this.#count < this.#size.countMax && this.#weight + weight <= this.#size.weightMax)
    );
  }

  #occupy(weight: number): void {
    this.#count += 1;
    this.#weight += weight;
  }
}

interface Waiting {
  readonly weight: number;
  enter(): void;
}
