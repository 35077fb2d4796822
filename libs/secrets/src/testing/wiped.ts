// Which bytes were overwritten, for specs: nothing else tells that a secret is no longer in memory.

export interface Wiped {
  /** Before, in hex. */
  readonly held: string;
  /** Afterwards. */
  readonly left: string;
}

export function keepingWhatIsWiped<Answer>(run: () => Answer): {
  readonly answer: Answer;
  readonly wiped: Wiped[];
} {
  const { fill } = Buffer.prototype;
  const wiped: Wiped[] = [];
  Buffer.prototype.fill = function (this: Buffer, ...args: unknown[]) {
    const held = this.toString('hex');
    const filled = Reflect.apply(fill, this, args) as Buffer;
    wiped.push({ held, left: this.toString('hex') });
    return filled;
  } as typeof fill;
  try {
    return { answer: run(), wiped };
  } finally {
    Buffer.prototype.fill = fill;
  }
}
