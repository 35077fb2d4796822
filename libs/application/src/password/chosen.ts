// A password that somebody is to have from now on: what is known of it for the rules, and its hash. A hash is made
// to be dear: each command costs one, however often it is decided.

import type { Refused } from '#application/caller.js';
import { type Fields, IsOneOf, IsText, IsTrueOrFalse } from '#application/input.js';
import { passwordUnitsMax } from '#application/limits.js';
import type { Secrets } from '#application/parts.js';
import { type Busy, busyWithPasswords } from '#application/recovery-codes/compare.js';
import { type CharacterKind, characterKinds, type PasswordTraits } from '#domain/password/rules.js';

/** As it is typed, or as another system hashed it. */
export type PasswordForm = 'text' | 'hash';
const forms: readonly PasswordForm[] = ['text', 'hash'];

export class NewPasswordFields {
  @IsOneOf(forms) readonly form: PasswordForm = 'text';
  @IsText(passwordUnitsMax) readonly value!: string;
  /** Kept and told, for a login to look at; nothing is refused by it. */
  @IsTrueOrFalse() readonly changeRequired: boolean = false;

  constructor(fields: Fields<NewPasswordFields, 'form' | 'changeRequired'>) {
    Object.assign(this, fields);
  }
}

/** No hash that could ever be compared with: of another kind, damaged, or dearer than this server bears. */
export interface PasswordHashUnreadable {
  readonly code: 'password-hash-unreadable';
}

export interface ChosenPassword {
  readonly kind: 'chosen';
  readonly changeRequired: boolean;
  /** @param names of its user, which everybody tries first; null for one that came as a hash. */
  traits(names: readonly string[]): PasswordTraits | null;
  hash(): Promise<string>;
}

/** The lane of hashes is asked before anything else: of a flood of passwords each costs no more than that. */
export function choosePassword(
  { form, value, changeRequired }: NewPasswordFields,
  { passwords }: Pick<Secrets, 'passwords'>,
): ChosenPassword | Refused<PasswordHashUnreadable | Busy> {
  if (form === 'hash') {
    if (!passwords.canVerify(value))
      return { kind: 'rejected', refusal: { code: 'password-hash-unreadable' } };
    return { kind: 'chosen', changeRequired, traits: () => null, hash: async () => value };
  }
  const busy = busyWithPasswords({ passwords });
  if (busy !== null) return busy;
  let hashed: Promise<string> | null = null;
  const text = value.normalize('NFKC');
  return {
    kind: 'chosen',
    changeRequired,
    traits: (names) => ({
      characters: [...text].length,
      kinds: kindsIn(text),
      isCommon: passwords.isCommon(text) || isAmong(names, text),
    }),
    hash: () => {
      hashed ??= passwords.hash(text);
      return hashed;
    },
  };
}

const looksLike: Readonly<Record<CharacterKind, RegExp>> = {
  uppercase: /\p{Lu}/u,
  lowercase: /\p{Ll}/u,
  digit: /\p{Nd}/u,
  symbol: /[^\p{L}\p{M}\p{N}]/u,
};

const kindsIn = (text: string): readonly CharacterKind[] =>
  characterKinds.filter((kind) => looksLike[kind].test(text));

/** A name that is an address stands for its first part, too. */
function isAmong(names: readonly string[], text: string): boolean {
  const spelled = (name: string) => name.normalize('NFKC').toLowerCase();
  const tried = names.map(spelled).flatMap((name) => [name, firstPartOf(name)]);
  return tried.includes(spelled(text));
}

const firstPartOf = (name: string) => (name.includes('@') ? name.slice(0, name.lastIndexOf('@')) : name);
