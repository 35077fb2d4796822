// What a field of a stored event may hold. Each event says it once, in these words; reading, writing and
// docs/events.md follow from it.

declare const holds: unique symbol;

export interface Field<Value> {
  /** Never there: makes a field that is wider or narrower than the domain's a compile error. */
  readonly [holds]?: (value: Value) => Value;
  /** As the documents name it. */
  readonly kind: string;
  /** Null when the value is of this kind, else the way to the part that is wrong: empty for the value itself. */
  readonly flawIn: (value: unknown) => string | null;
}

export type FieldsOf<Shape> = { readonly [Name in keyof Shape]-?: Field<Shape[Name]> };
type AnyField = Omit<Field<unknown>, typeof holds>;
/** Fields of a shape that is not known here. */
export type Fields = Readonly<Record<string, AnyField>>;

/** The kinds that are not made of others, as docs/events.md explains them. */
export const kindMeanings = {
  text: 'In clear, and not about a person.',
  id: 'In clear. It stays after its user is erased, so an id that callers choose should say nothing of the person.',
  sealed: 'Encrypted under the data key of its user. Nobody can read it once that user is erased.',
  'login key': 'A keyed hash of a login name. There is no way back to the name.',
  'key hash': 'A keyed hash of a metadata key, of its user alone. There is no way back to the key.',
  'fingerprint key': 'A keyed hash of what a browser or app is told apart by. There is no way back to that.',
  'token hash': 'SHA-256 of 256 random bits, in base64url.',
  'code hash': 'Argon2id, salted, in the PHC text form.',
  'public key': 'An elliptic curve key as a JWK, with the parts that everybody may see and no others.',
  integer: 'A whole number.',
  instant: 'Milliseconds since 1970, UTC.',
  'yes or no': 'true or false.',
} as const satisfies Record<string, string>;

export const text = primitive<string>('text', isText);
export const integer = primitive<number>('integer', Number.isSafeInteger);
export const instant = primitive<number>('instant', Number.isSafeInteger);
export const yesOrNo = primitive<boolean>('yes or no', (value) => typeof value === 'boolean');

/** The form of a sealed text, with no less than its nonce and its tag: what is in clear cannot be written here. */
export const sealed = <Sealed extends string>() =>
  primitive<Sealed>('sealed', matches(/^\d+\.[^.\s]+\.[\w-]{38}/));
export const id = <Id extends string>() => primitive<Id>('id', (value) => isText(value) && value !== '');
export const loginKey = <Key extends string>() => primitive<Key>('login key', matches(/^[\w-]{27,43}$/));
export const keyHash = <Hash extends string>() => primitive<Hash>('key hash', matches(/^[\w-]{27,43}$/));
export const fingerprintKey = <Key extends string>() =>
  primitive<Key>('fingerprint key', matches(/^[\w-]{27,43}$/));
export const tokenHash = primitive<string>('token hash', matches(/^[\w-]{43}$/));
export const codeHash = primitive<string>('code hash', matches(/^\$argon2id\$/));
/** Each part by its name, so that nothing else of a key can be written in clear. */
export const publicKey = primitive<string>(
  'public key',
  matches(
    /^\{"kty":"EC","crv":"P-256","x":"[\w-]{43}","y":"[\w-]{43}","alg":"ES256","use":"sig","kid":"[\w-]{43}"\}$/,
  ),
);

export function oneOf<const Values extends readonly (string | number)[]>(
  ...values: Values
): Field<Values[number]> {
  return composite(values.join(' or '), (value) => (values.includes(value as Values[number]) ? null : ''));
}

export function nullable<Value>(of: Field<Value>): Field<Value | null> {
  return composite(`${of.kind}, or null`, (value) => (value === null ? null : of.flawIn(value)));
}

export function list<Value>(of: Field<Value>): Field<readonly Value[]> {
  return composite(`list of ${of.kind}`, (value) => (Array.isArray(value) ? flawInItems(of, value) : ''));
}

/** Exactly these fields. */
export function record<Shape extends object>(fields: FieldsOf<Shape>): Field<Shape> {
  const known = Object.entries(fields as Fields);
  const kinds = known.map(([name, { kind }]) => `${name}: ${kind}`);
  return composite(`{ ${kinds.join(', ')} }`, (value) => (isObject(value) ? flawInRecord(known, value) : ''));
}

/** Any of these fields, and no others. */
export function some<Shape extends object>(kind: string, fields: FieldsOf<Shape>): Field<Partial<Shape>> {
  const known = new Map(Object.entries(fields as Fields));
  return composite(kind, (value) => (isObject(value) ? flawInSome(known, value) : ''));
}

/** A name that comes from stored data may be anything, so it is told only when it looks like the name of a field. */
export function tellable(name: string): string {
  return /^[a-zA-Z]\w{0,39}$/.test(name) ? name : '(not a name)';
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function primitive<Value>(
  kind: keyof typeof kindMeanings,
  accepts: (value: unknown) => boolean,
): Field<Value> {
  return { kind, flawIn: (value) => (accepts(value) ? null : '') };
}

function composite<Value>(kind: string, flawIn: Field<Value>['flawIn']): Field<Value> {
  return { kind, flawIn };
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function matches(form: RegExp) {
  return (value: unknown): boolean => isText(value) && form.test(value);
}

function flawInItems(of: AnyField, items: readonly unknown[]): string | null {
  for (let index = 0; index < items.length; index += 1) {
    const flaw = of.flawIn(items[index]);
    if (flaw !== null) return `[${index}]${flaw}`;
  }
  return null;
}

function flawInRecord(
  known: readonly (readonly [string, AnyField])[],
  value: Readonly<Record<string, unknown>>,
): string | null {
  for (const [name, { flawIn }] of known) {
    const flaw = flawIn(value[name]);
    if (flaw !== null) return `.${name}${flaw}`;
  }
  const names = Object.keys(value);
  if (names.length === known.length) return null;
  const extra = names.find((name) => known.every(([other]) => other !== name));
  return `.${tellable(extra ?? '')}`;
}

function flawInSome(
  known: ReadonlyMap<string, AnyField>,
  value: Readonly<Record<string, unknown>>,
): string | null {
  for (const name of Object.keys(value)) {
    const field = known.get(name);
    if (field === undefined) return `.${tellable(name)}`;
    const flaw = field.flawIn(value[name]);
    if (flaw !== null) return `.${name}${flaw}`;
  }
  return null;
}
