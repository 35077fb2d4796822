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

/** Field by field, in one order: the same profile is the same text. */
export function profileText(profile: HumanProfile): string {
  const { givenName, familyName, nickName, displayName, preferredLanguage, gender } = profile;
  return JSON.stringify({ givenName, familyName, nickName, displayName, preferredLanguage, gender });
}

/** What a machine is called, and what it is for. */
export interface MachineProfile {
  readonly name: string;
  readonly description: string | null;
}

export const machineProfileText = ({ name, description }: MachineProfile): string =>
  JSON.stringify({ name, description });
