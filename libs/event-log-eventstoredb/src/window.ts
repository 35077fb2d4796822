/** Bounds what is under way by count and by weight; the rest waits in line. */
export class Window {
  readonly #countMax: number;
  readonly #weightMax: number;
  #count = 0;
  #weight = 0;
  readonly #line: { readonly weight: number; enter(): void }[] = [];

  constructor(countMax: number, weightMax: number) {
    this.#countMax = countMax;
    this.#weightMax = weightMax;
  }

  async run<Result>(weight: number, work: () => Promise<Result>): Promise<Result> {
    if (this.#line.length > 0 || !this.#hasRoom(weight)) {
      await new Promise<void>((enter) => this.#line.push({ weight, enter }));
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
    return this.#count === 0 || (this.#count < this.#countMax && this.#weight + weight <= this.#weightMax);
  }

  #occupy(weight: number): void {
    this.#count += 1;
    this.#weight += weight;
  }
}
