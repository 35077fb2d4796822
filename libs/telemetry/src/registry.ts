// What is counted and measured, and Prometheus' text of it. Every label has a closed set of values, so that what
// callers send can never become a series.

export interface Described {
  readonly name: string;
  readonly help: string;
  /** Of each label, all the values that it may ever have. */
  readonly labels?: Labels;
}

export type Labels = Readonly<Record<string, ReadonlySet<string>>>;

export const contentType = 'text/plain; version=0.0.4; charset=utf-8';

export class Counter {
  value = 0;

  inc(by = 1): void {
    this.value += by;
  }

  /** For what somebody else counts. */
  reach(total: number): void {
    if (total > this.value) this.value = total;
  }

  lines(name: string, labels: string): string {
    return `${name}${braced(labels)} ${this.value}\n`;
  }
}

export class Gauge {
  value = 0;

  set(value: number): void {
    this.value = value;
  }

  inc(): void {
    this.value += 1;
  }

  dec(): void {
    this.value -= 1;
  }

  lines(name: string, labels: string): string {
    return `${name}${braced(labels)} ${this.value}\n`;
  }
}

export class Histogram {
  readonly #bounds: readonly number[];
  /** One for each bound, and one for what is beyond the last. */
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const bounds = this.#bounds;
    const counts = this.#counts;
    let index = 0;
    while (index < bounds.length && value > (bounds[index] as number)) index += 1;
    counts[index] = (counts[index] as number) + 1;
    this.#sum += value;
  }

  lines(name: string, labels: string): string {
    const before = labels === '' ? '' : `${labels},`;
    let below = 0;
    let text = '';
    for (const [index, count] of this.#counts.entries()) {
      below += count;
      text += `${name}_bucket{${before}le="${this.#bounds[index] ?? '+Inf'}"} ${below}\n`;
    }
    return `${text}${name}_sum${braced(labels)} ${this.#sum}\n${name}_count${braced(labels)} ${below}\n`;
  }
}

interface Measured {
  lines(name: string, labels: string): string;
}

export type Kind = 'counter' | 'gauge' | 'histogram';

/** A metric with all its series. A series is looked up once, and kept by whoever counts. */
export class Family<Series extends Measured> {
  readonly described: Described;
  readonly kind: Kind;
  readonly #make: () => Series;
  readonly #names: readonly string[];
  readonly #series = new Map<string, Series>();

  constructor(kind: Kind, described: Described, make: () => Series) {
    this.described = described;
    this.kind = kind;
    this.#make = make;
    this.#names = Object.keys(described.labels ?? {});
  }

  /** By a value for each label, in the order in which they were declared. A value outside of its set is a bug. */
  of(...values: readonly string[]): Series {
    const labels = this.#labelsOf(values);
    const known = this.#series.get(labels);
    if (known !== undefined) return known;
    const series = this.#make();
    this.#series.set(labels, series);
    return series;
  }

  text(): string {
    const { name, help } = this.described;
    let text = `# HELP ${name} ${help}\n# TYPE ${name} ${this.kind}\n`;
    for (const [labels, series] of this.#series) text += series.lines(name, labels);
    return text;
  }

  #labelsOf(values: readonly string[]): string {
    const { name, labels = {} } = this.described;
    if (values.length !== this.#names.length) throw new TypeError(`${name} has other labels`);
    return this.#names
      .map((label, index) => {
        const value = values[index] as string;
        if (!labels[label]?.has(value)) throw new TypeError(`${name} has no such ${label}`);
        return `${label}="${escaped(value)}"`;
      })
      .join(',');
  }
}

export class Registry {
  readonly #families = new Map<string, Family<Measured>>();
  readonly #looks: (() => void)[] = [];

  counter(described: Described): Family<Counter> {
    return this.#add(new Family('counter', described, () => new Counter()));
  }

  gauge(described: Described): Family<Gauge> {
    return this.#add(new Family('gauge', described, () => new Gauge()));
  }

  /** `bounds` rise, each the largest value of its bucket. */
  histogram(described: Described, bounds: readonly number[]): Family<Histogram> {
    return this.#add(new Family('histogram', described, () => new Histogram(bounds)));
  }

  /** Called before each text, for what is looked at and not counted. */
  beforeText(look: () => void): void {
    this.#looks.push(look);
  }

  get families(): readonly Pick<Family<Measured>, 'described' | 'kind'>[] {
    return [...this.#families.values()];
  }

  text(): string {
    for (const look of this.#looks) look();
    let text = '';
    for (const family of this.#families.values()) text += family.text();
    return text;
  }

  #add<Series extends Measured>(family: Family<Series>): Family<Series> {
    const { name } = family.described;
    if (this.#families.has(name)) throw new TypeError(`${name} is there already`);
    this.#families.set(name, family);
    return family;
  }
}

const braced = (labels: string): string => (labels === '' ? '' : `{${labels}}`);

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
