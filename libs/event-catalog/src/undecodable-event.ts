// Thrown when what is stored is not an event that this release knows. It names no value: values are personal.

export type Undecodability =
  /** Of a newer release, of another program, or of another kind of stream than was asked for. */
  | { readonly code: 'unknown-type'; readonly type: string }
  /** Of a newer release; null where there is no version at all. */
  | {
      readonly code: 'unknown-version';
      readonly type: string;
      readonly version: number | null;
      readonly newest: number;
    }
  | {
      readonly code: 'missing-field' | 'extra-field' | 'ill-typed-field';
      readonly type: string;
      readonly version: number;
      /** The way to the part that is wrong, such as `codes[2].hash`. */
      readonly field: string;
    };

export class UndecodableEvent extends Error {
  override readonly name = 'UndecodableEvent';
  readonly undecodability: Undecodability;

  constructor(undecodability: Undecodability) {
    super(describe(undecodability));
    this.undecodability = undecodability;
  }

  get code(): Undecodability['code'] {
    return this.undecodability.code;
  }
}

function describe(what: Undecodability): string {
  switch (what.code) {
    case 'unknown-type':
      return `no event of the type ${what.type} is known here`;
    case 'unknown-version':
      return `${what.type} has version ${what.version ?? 'none'}; known are 1 to ${what.newest}`;
    case 'missing-field':
      return `${what.type} (version ${what.version}) lacks the field ${what.field}`;
    case 'extra-field':
      return `${what.type} (version ${what.version}) has a field that it should not have: ${what.field}`;
    case 'ill-typed-field':
      return `${what.type} (version ${what.version}) holds in ${what.field} what does not belong there`;
    default: {
      const missing: never = what;
      throw new TypeError(`a reason without a text: ${JSON.stringify(missing)}`);
    }
  }
}
