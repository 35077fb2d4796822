import { IsOneOf, IsText, MayBeNull } from '#application/input.js';
import { profileCharactersMax } from '#application/limits.js';

/** What a person is called. It is kept sealed, as one text. */
export interface HumanProfile {
  readonly givenName: string;
  readonly familyName: string;
  readonly nickName: string | null;
  readonly displayName: string | null;
  readonly preferredLanguage: string | null;
  readonly gender: Gender | null;
}

export type Gender = 'female' | 'male' | 'diverse';
const genders: readonly Gender[] = ['female', 'male', 'diverse'];

/** BCP 47 without extensions is shorter. */
const languageCharactersMax = 35;

export class HumanProfileFields implements HumanProfile {
  @IsText(profileCharactersMax) readonly givenName!: string;
  @IsText(profileCharactersMax) readonly familyName!: string;
  @MayBeNull() @IsText(profileCharactersMax) readonly nickName: string | null = null;
  @MayBeNull() @IsText(profileCharactersMax) readonly displayName: string | null = null;
  @MayBeNull() @IsText(languageCharactersMax) readonly preferredLanguage: string | null = null;
  @MayBeNull() @IsOneOf(genders) readonly gender: Gender | null = null;

  constructor(fields: Partial<HumanProfile> & Pick<HumanProfile, 'givenName' | 'familyName'>) {
    Object.assign(this, fields);
  }
}

/** What is left out stays. Text that may be missing is taken away by an empty one. */
export class HumanProfileChanges {
  @MayBeNull() @IsText(profileCharactersMax) readonly givenName: string | null = null;
  @MayBeNull() @IsText(profileCharactersMax) readonly familyName: string | null = null;
  @MayBeNull() @IsText(profileCharactersMax, 0) readonly nickName: string | null = null;
  @MayBeNull() @IsText(profileCharactersMax, 0) readonly displayName: string | null = null;
  @MayBeNull() @IsText(languageCharactersMax, 0) readonly preferredLanguage: string | null = null;
  @MayBeNull() @IsOneOf([...genders, 'unspecified']) readonly gender: Gender | 'unspecified' | null = null;

  constructor(fields: Partial<HumanProfileChanges>) {
    Object.assign(this, fields);
  }
}

export function changedProfile(present: HumanProfile, changes: HumanProfileChanges): HumanProfile {
  const { gender } = changes;
  return {
    givenName: changes.givenName ?? present.givenName,
    familyName: changes.familyName ?? present.familyName,
    nickName: changed(present.nickName, changes.nickName),
    displayName: changed(present.displayName, changes.displayName),
    preferredLanguage: changed(present.preferredLanguage, changes.preferredLanguage),
    gender: gender === 'unspecified' ? null : (gender ?? present.gender),
  };
}

const changed = (present: string | null, text: string | null) => (text === '' ? null : (text ?? present));

/** Field by field, in one order: the same profile is the same text. */
export function profileText(profile: HumanProfile): string {
  const { givenName, familyName, nickName, displayName, preferredLanguage, gender } = profile;
  return JSON.stringify({ givenName, familyName, nickName, displayName, preferredLanguage, gender });
}

/** What `profileText` made. */
export const readProfile = (text: string): HumanProfile => JSON.parse(text);

/** What a machine is called, and what it is for. */
export interface MachineProfile {
  readonly name: string;
  readonly description: string | null;
}

export const machineProfileText = ({ name, description }: MachineProfile): string =>
  JSON.stringify({ name, description });

/** What `machineProfileText` made. */
export const readMachineProfile = (text: string): MachineProfile => JSON.parse(text);

/** What is null stays; an empty description takes the present one away. */
export const changedMachineProfile = (
  present: MachineProfile,
  { name, description }: { readonly name: string | null; readonly description: string | null },
): MachineProfile => ({
  name: name ?? present.name,
  description: changed(present.description, description),
});
