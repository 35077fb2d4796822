/** What is told but once, and null in a repeat; no test repeats a call unawares. */
type Once = 'codes' | 'emailCode' | 'passwordCode' | 'secret' | 'token' | 'uri';

/** The answer of a call that was not made before. */
export type Shown<Answer> = {
  readonly [Name in keyof Answer]: Name extends Once ? NonNullable<Answer[Name]> : Answer[Name];
};

export const shown = <Answer>(answer: Answer): Shown<Answer> => answer as Shown<Answer>;
